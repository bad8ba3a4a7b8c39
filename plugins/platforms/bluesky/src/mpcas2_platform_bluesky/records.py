"""Builds the record of a post: lexicon ``app.bsky.feed.post`` and its embeds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mpcas2_hookspecs import Media, Part, Published, Rejected
from mpcas2_platform_bluesky.options import BlueskyOptions, ExternalCard

__all__ = ("COLLECTION", "post_record", "refuse_impossible")

COLLECTION = "app.bsky.feed.post"


def refuse_impossible(part: Part, options: BlueskyOptions) -> None:
    """Refuses what no record can hold, before anything is uploaded.

    Raises:
        Rejected: The part has both images and a card, or nothing at all.
    """
    if part.media and options.external is not None:
        raise Rejected(
            "A Bluesky post carries either images or a link card; remove one of the two.",
            code="images-and-card",
        )
    if not part.text and not part.media and options.external is None:
        raise Rejected(
            "The post is empty; give it a text, an image or a link card.", code="empty-post"
        )


def post_record(
    part: Part,
    options: BlueskyOptions,
    *,
    facets: Sequence[dict[str, Any]],
    blobs: Sequence[dict[str, Any]],
    created_at: datetime,
) -> dict[str, Any]:
    """Builds the record.

    Args:
        part: What to publish.
        options: Bluesky's own fields.
        facets: Links, mentions and tags of the text.
        blobs: The uploaded blob of each of the part's media, in their order.
        created_at: Aware time that the network shows.

    Returns:
        JSON that the server stores as it is: the same value again gives the same content hash.

    Raises:
        Rejected: The part answers a post whose content hash is not known.
    """
    moment = created_at.astimezone(UTC).isoformat(timespec="milliseconds")
    record: dict[str, Any] = {
        "$type": COLLECTION,
        "text": part.text,
        "createdAt": moment.replace("+00:00", "Z"),
    }
    if facets:
        record["facets"] = list(facets)
    if part.root is not None and part.parent is not None:
        record["reply"] = {"root": _strong_ref(part.root), "parent": _strong_ref(part.parent)}
    if blobs:
        pairs = zip(part.media, blobs, strict=True)
        record["embed"] = {
            "$type": "app.bsky.embed.images",
            "images": [_image(media, blob) for media, blob in pairs],
        }
    elif options.external is not None:
        record["embed"] = {
            "$type": "app.bsky.embed.external",
            "external": _external(options.external),
        }
    if options.langs:
        record["langs"] = list(options.langs)
    if options.labels:
        record["labels"] = {
            "$type": "com.atproto.label.defs#selfLabels",
            "values": [{"val": label} for label in dict.fromkeys(options.labels)],
        }
    return record


def _image(media: Media, blob: dict[str, Any]) -> dict[str, Any]:
    image: dict[str, Any] = {"image": blob, "alt": media.alt_text}
    if media.width and media.height:
        image["aspectRatio"] = {"width": media.width, "height": media.height}
    return image


def _external(card: ExternalCard) -> dict[str, str]:
    return {"uri": card.uri, "title": card.title, "description": card.description}


def _strong_ref(post: Published) -> dict[str, str]:
    cid = post.data.get("cid")
    if not isinstance(cid, str):
        # Happens when a person confirmed the earlier part by hand, from its address alone.
        raise Rejected(
            f"The thread cannot go on: the content hash of {post.id} is not known; "
            "publish the rest as a new post.",
            code="parent-without-cid",
        )
    return {"uri": post.id, "cid": cid}
