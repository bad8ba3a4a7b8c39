"""Builds the record of a post and chooses its key.

Sources: lexicon ``app.bsky.feed.post`` and its embeds; https://atproto.com/specs/tid for the key. A TID
is a 64-bit number in thirteen characters: a zero bit, 53 bits of microseconds since 1970 and 10 bits
of clock id, in an alphabet that sorts like numbers.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mpcas2_hookspecs import Media, Part, Published, Rejected
from mpcas2_platform_bluesky.options import BlueskyOptions, ExternalCard

__all__ = ("COLLECTION", "new_tid", "post_record", "refuse_impossible")

COLLECTION = "app.bsky.feed.post"

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_LENGTH = 13
_CLOCK_BITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


def new_tid(now: datetime) -> str:
    """Makes a record key that sorts by time.

    Args:
        now: Aware time; two calls with different times give keys that sort in the same order.

    Returns:
        Thirteen characters. The random clock id keeps apart what was made in one microsecond.
    """
    microseconds = (now - _EPOCH) // timedelta(microseconds=1)
    number = microseconds << _CLOCK_BITS | secrets.randbelow(1 << _CLOCK_BITS)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))


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
