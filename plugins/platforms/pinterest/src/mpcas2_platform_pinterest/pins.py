"""What a Pin is made of: the plan that ``stage`` leaves, the request, and how to know it again.

Source: Pinterest's OpenAPI description 5.23.0 (schemas PinCreate and PinMediaSource).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from mpcas2_hookspecs import Media, Part
from mpcas2_platform_pinterest.options import options_of
from mpcas2_platform_pinterest.rules import MAX_INLINE_BYTES, alt_text_of
from mpcas2_platform_pinterest.wire import Pin

__all__ = ("PinPlan", "as_json", "by_address", "pin_body", "plan_of", "same_pins")

# The first second of many videos is black.
_USUAL_COVER = 1
_CLOCK_SKEW = timedelta(seconds=10)


class PinPlan(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What ``stage`` made, as :attr:`~mpcas2_hookspecs.Staged.data` holds it.

    Attributes:
        made_at: When it was staged; the Pin cannot be older.
        board_id: The board.
        board_section_id: The section of the board.
        title: The title.
        description: The text.
        link: Where a click leads.
        alt_text: The alternative text of the whole Pin.
        dominant_color: Shown until the picture is there.
        pictures: The pictures, in order; none for a video.
        media_id: Pinterest's id of the video.
        cover: The picture that stands for the video.
        cover_time: The second of the video that stands for it, when there is no picture.
    """

    made_at: datetime
    board_id: str
    board_section_id: str | None = None
    title: str = ""
    description: str = ""
    link: str | None = None
    alt_text: str = ""
    dominant_color: str | None = None
    pictures: tuple[Media, ...] = ()
    media_id: str | None = None
    cover: Media | None = None
    cover_time: int = _USUAL_COVER


def plan_of(part: Part, media_id: str | None, now: datetime) -> PinPlan:
    """Plans the Pin of a part.

    Args:
        part: What to publish; it has a board.
        media_id: Pinterest's id of the video; None for pictures.
        now: Aware time.
    """
    options = options_of(part.options)
    second = options.cover_key_frame_time
    filmed = media_id is not None
    return PinPlan(
        made_at=now,
        board_id=options.board_id or "",
        board_section_id=options.board_section_id,
        title=part.title,
        description=part.text,
        link=options.link,
        alt_text=alt_text_of(part),
        dominant_color=options.dominant_color,
        pictures=() if filmed else part.media,
        media_id=media_id,
        # The second is Pinterest's own option, and so meant for it more than the thumbnail.
        cover=part.thumbnail if filmed and second is None else None,
        cover_time=_USUAL_COVER if second is None else second,
    )


def as_json(plan: PinPlan) -> dict[str, Any]:
    """Gives a plan as it comes back from the database, with lists in place of tuples."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(plan))
    return found


def by_address(pictures: Sequence[Media]) -> bool:
    """Tells whether pictures are too large to be sent inside of the request."""
    return any(one.size > MAX_INLINE_BYTES for one in pictures)


def pin_body(
    plan: PinPlan, place: Callable[[Media], str], address: Callable[[Media], str]
) -> dict[str, Any]:
    """Builds the request that makes the Pin.

    Args:
        plan: The Pin.
        place: Gives what stands in the body for a file's bytes in base64.
        address: Gives an address that Pinterest can fetch a file from.
    """
    texts = {
        "board_section_id": plan.board_section_id,
        "title": plan.title,
        "description": plan.description,
        "link": plan.link,
        "alt_text": plan.alt_text,
        "dominant_color": plan.dominant_color,
    }
    return {
        "board_id": plan.board_id,
        **{name: text for name, text in texts.items() if text},
        "media_source": _source(plan, place, address),
    }


def same_pins(plan: PinPlan, pins: Sequence[Pin]) -> list[Pin]:
    """Gives those Pins that can be the planned one: the same words, and not older than the plan."""
    since = plan.made_at - _CLOCK_SKEW
    return [
        pin
        for pin in pins
        if pin.at is not None
        and pin.at >= since
        and _words(pin.title) == _words(plan.title)
        and _words(pin.description) == _words(plan.description)
        and _same_link(pin.link, plan.link)
        and (pin.board_section_id or None) == plan.board_section_id
    ]


def _source(
    plan: PinPlan, place: Callable[[Media], str], address: Callable[[Media], str]
) -> dict[str, Any]:
    if plan.media_id is not None:
        source: dict[str, Any] = {"source_type": "video_id", "media_id": plan.media_id}
        if plan.cover is None:
            return {**source, "cover_image_key_frame_time": plan.cover_time}
        return {
            **source,
            "cover_image_content_type": plan.cover.mime_type,
            "cover_image_data": place(plan.cover),
        }
    far, several = by_address(plan.pictures), len(plan.pictures) > 1
    items = [
        {"url": address(one)} if far else {"content_type": one.mime_type, "data": place(one)}
        for one in plan.pictures
    ]
    if several:
        kind = "multiple_image_urls" if far else "multiple_image_base64"
        return {"source_type": kind, "items": items}
    return {"source_type": "image_url" if far else "image_base64", **items[0]}


def _words(text: str | None) -> list[str]:
    # Blanks at the ends and line ends may come back otherwise.
    return (text or "").split()


def _same_link(told: str | None, sent: str | None) -> bool:
    return (told or "").rstrip("/") == (sent or "").rstrip("/")
