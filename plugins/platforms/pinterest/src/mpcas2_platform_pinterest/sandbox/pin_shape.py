"""Pins as the API shows them."""

from datetime import datetime
from typing import Any

from mpcas2_platform_pinterest.sandbox.calls import Call
from mpcas2_platform_pinterest.sandbox.figures import pin_total
from mpcas2_platform_pinterest.sandbox.pins import Image, Pin

_SIZES = {"150x150": (150, 150), "400x300": (400, 300), "600x": (600, None), "1200x": (1200, None)}


def api_time(moment: datetime) -> str:
    """Writes a moment as the API does, in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def pin_shown(call: Call, pin: Pin) -> dict[str, Any]:
    """Returns a Pin as the API shows it."""
    body = pin.body
    shown: dict[str, Any] = {
        "id": pin.id,
        "created_at": api_time(pin.created_at),
        "title": body.title,
        "description": body.description,
        "link": body.link,
        "alt_text": body.alt_text,
        "dominant_color": body.dominant_color,
        "board_id": pin.board.id,
        "board_section_id": body.board_section_id,
        "board_owner": {"username": pin.board.owner.handle},
        "creative_type": pin.creative_type,
        "has_been_promoted": False,
        "is_owner": pin.owner is call.pinner,
        "is_standard": True,
        "parent_pin_id": None,
        "media": _media(pin, f"{call.here}/media/{pin.id}"),
        "pin_metrics": None,
    }
    if call.query("pin_metrics", "false", {"true", "false"}) == "true":
        shown["pin_metrics"] = _metrics(pin, call.now)
    return shown


def _media(pin: Pin, address: str) -> dict[str, Any]:
    if pin.video is not None:
        movie = pin.video.movie
        seconds = None if movie is None else movie.seconds
        cover = pin.images[0] if pin.images else None
        return {
            "media_type": "video",
            "cover_image_url": f"{address}/0" if cover else f"{address}/cover.svg",
            "images": {} if cover is None else _sizes(cover, f"{address}/0"),
            "video_url": None,  # not open to every app
            "duration": None if seconds is None else round(seconds * 1000),
            "width": None if movie is None else movie.width,
            "height": None if movie is None else movie.height,
        }
    if len(pin.images) == 1:
        return {"media_type": "image", "images": _sizes(pin.images[0], f"{address}/0")}
    items = [
        {
            "item_type": "image",
            "title": one.title or None,
            "description": one.description or None,
            "link": one.link or None,
            "images": _sizes(one, f"{address}/{number}"),
        }
        for number, one in enumerate(pin.images)
    ]
    return {"media_type": "multiple_images", "items": items}


def _sizes(image: Image, url: str) -> dict[str, Any]:
    wide, high = image.picture.width, image.picture.height
    return {
        name: {
            "width": width,
            "height": height or (round(width * high / wide) if wide and high else None),
            "url": url,
        }
        for name, (width, height) in _SIZES.items()
    }


def _metrics(pin: Pin, now: datetime) -> dict[str, Any]:
    counted = {
        "pin_click": pin_total(pin, "PIN_CLICK", now),
        "impression": pin_total(pin, "IMPRESSION", now),
        "clickthrough": pin_total(pin, "OUTBOUND_CLICK", now),
    }
    lifetime = {
        **counted,
        "reaction": pin_total(pin, "TOTAL_REACTIONS", now),
        "comment": pin_total(pin, "TOTAL_COMMENTS", now),
    }
    return {"90d": counted, "lifetime_metrics": lifetime}
