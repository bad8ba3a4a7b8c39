"""What the practice networks have, read into one shape whatever the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mpcas2_server.demo.posts import BLUESKY, YOUTUBE, X

__all__ = ("Sighting", "sightings")

_FACET = "app.bsky.richtext.facet#"


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One post as its network has it.

    Attributes:
        network: Key of the network.
        text: What tells it from others: its text, or its title where it has one.
        id: The network's id.
        parent: Id of the post that it answers; None for none.
        root: Id of the first post of its thread; None where the network does not tell.
        alts: Alternative texts of its files; None where the network knows none.
        digests: SHA-256 of its files; None where the network does not tell.
        marks: What is marked in its text; None where the network marks nothing itself.
        thumbnail: Whether a picture was set to stand for it.
        hidden: Why strangers cannot see it; empty when they can.
    """

    network: str
    text: str
    id: str
    parent: str | None = None
    root: str | None = None
    alts: tuple[str, ...] | None = None
    digests: tuple[str, ...] | None = None
    marks: frozenset[str] | None = None
    thumbnail: bool = False
    hidden: str = ""


def sightings(network: str, posts: list[dict[str, Any]]) -> list[Sighting]:
    """Reads the posts of a network.

    Args:
        network: Its key.
        posts: As its control API lists them.
    """
    return [_READERS[network](post) for post in posts]


def _on_x(post: Mapping[str, Any]) -> Sighting:
    return Sighting(
        network=X,
        text=post["text"],
        id=post["id"],
        parent=post["replyTo"],
        root=post["conversationId"],
        alts=tuple(post["altTexts"]),
        digests=tuple(post["mediaSha256"]),
    )


def _on_bluesky(post: Mapping[str, Any]) -> Sighting:
    record = post["record"]
    reply = record.get("reply", {})
    images = record.get("embed", {}).get("images", [])
    features = [one for facet in record.get("facets", []) for one in facet["features"]]
    return Sighting(
        network=BLUESKY,
        text=record["text"],
        id=post["uri"],
        parent=reply.get("parent", {}).get("uri"),
        root=reply.get("root", {}).get("uri"),
        alts=tuple(image.get("alt", "") for image in images),
        marks=frozenset(one["$type"].removeprefix(_FACET) for one in features),
    )


def _on_youtube(post: Mapping[str, Any]) -> Sighting:
    status = post["status"]
    hidden = [
        said
        for said, wanted in (
            (status["uploadStatus"], "processed"),
            (status["privacyStatus"], "public"),
        )
        if said != wanted
    ]
    return Sighting(
        network=YOUTUBE,
        text=post["title"],
        id=post["id"],
        digests=(post["sha256"],),
        thumbnail=post["hasThumbnail"],
        hidden=" and ".join(hidden),
    )


_READERS: dict[str, Callable[[Mapping[str, Any]], Sighting]] = {
    X: _on_x,
    BLUESKY: _on_bluesky,
    YOUTUBE: _on_youtube,
}
