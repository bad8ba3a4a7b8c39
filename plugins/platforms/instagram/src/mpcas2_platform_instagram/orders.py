"""What containers a part needs, and what each is ordered with.

Source: https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media.
Pictures are given by address, because Instagram takes no bytes of them. Videos are sent in bytes: the
upload goes on where it broke off, and works for an installation whose addresses are slow.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec

from mpcas2_hookspecs import Media, Part
from mpcas2_platform_instagram.options import InstagramOptions
from mpcas2_platform_instagram.rules import Kind, kind_of, options_of

__all__ = ("PARENT", "Order", "child_orders", "parent_order")

PARENT = "container"
"""Name in the journal of the container that is published."""

_TRIALS = {"manual": "MANUAL", "performance": "SS_PERFORMANCE"}


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One container to be made.

    Attributes:
        name: Of the container in the journal.
        fields: What it is ordered with, but for addresses of files.
        addresses: Fields that take the address of a file.
        video: The file whose bytes are sent; None when there is none.
    """

    name: str
    fields: dict[str, str]
    addresses: dict[str, Media] = {}
    video: Media | None = None

    @property
    def digest(self) -> str:
        """Tells this order from one after the post was changed."""
        return sha256(msgspec.json.encode(self)).hexdigest()[:16]


def child_orders(part: Part) -> list[Order]:
    """Gives the containers of a carousel's files; none for any other post."""
    if kind_of(part) != "carousel":
        return []
    options, orders = options_of(part), []
    for index, media in enumerate(part.media):
        fields = {"is_carousel_item": "true", **_tags(options, index)}
        if media.kind == "video":
            fields["media_type"] = "VIDEO"
        orders.append(_order(f"{PARENT}:{index}", fields, media))
    return orders


def parent_order(part: Part, children: list[str]) -> Order:
    """Gives the container that is published.

    Args:
        part: The post.
        children: The containers of a carousel's files, in order; empty for any other post.
    """
    kind, options = kind_of(part), options_of(part)
    fields = _common(part, kind, options)
    if kind == "carousel":
        fields |= {"media_type": "CAROUSEL", "children": ",".join(children)}
        return Order(name=PARENT, fields=fields)
    fields |= _tags(options, 0)
    [media] = part.media
    if kind == "story":
        return _order(PARENT, {**fields, "media_type": "STORIES"}, media, alt_text=False)
    if kind == "picture":
        return _order(PARENT, fields, media)
    order = _order(PARENT, {**fields, "media_type": "REELS", **_reel(options)}, media)
    if part.thumbnail is None:
        return order
    return msgspec.structs.replace(order, addresses={"cover_url": part.thumbnail})


def _order(name: str, fields: dict[str, str], media: Media, *, alt_text: bool = True) -> Order:
    if media.kind == "video":
        return Order(name=name, fields={**fields, "upload_type": "resumable"}, video=media)
    if media.alt_text and alt_text:
        fields = {**fields, "alt_text": media.alt_text}
    return Order(name=name, fields=fields, addresses={"image_url": media})


def _common(part: Part, kind: Kind, options: InstagramOptions) -> dict[str, str]:
    fields = {}
    if kind != "story" and part.text:
        fields["caption"] = part.text
    if options.collaborators:
        fields["collaborators"] = _json(options.collaborators)
    if options.location_id is not None:
        fields["location_id"] = options.location_id
    if options.ai_generated:
        fields["is_ai_generated"] = "true"
    return fields


def _reel(options: InstagramOptions) -> dict[str, str]:
    fields = {"share_to_feed": "true" if options.share_to_feed else "false"}
    if options.thumb_offset is not None:
        fields["thumb_offset"] = str(round(options.thumb_offset * 1000))
    if options.audio_name:
        fields["audio_name"] = options.audio_name
    if options.trial is not None:
        fields["trial_params"] = _json({"graduation_strategy": _TRIALS[options.trial]})
    return fields


def _tags(options: InstagramOptions, item: int) -> dict[str, str]:
    tags = []
    for one in options.user_tags:
        if one.item == item:
            place = {} if one.x is None or one.y is None else {"x": one.x, "y": one.y}
            tags.append({"username": one.username, **place})
    return {"user_tags": _json(tags)} if tags else {}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
