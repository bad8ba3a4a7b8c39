"""Drawn pictures for creators and for the covers of posts."""

import hashlib
from html import escape

from starlette.responses import Response

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def _hue(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big") % 360


def _svg(width: int, height: int, inner: str) -> Response:
    body = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">{inner}</svg>'
    )
    return Response(body, media_type="image/svg+xml", headers=_HEADERS)


def face(handle: str, name: str) -> Response:
    """Returns a disc with the first letter of a creator's name."""
    return _svg(
        100,
        100,
        f'<circle cx="50" cy="50" r="50" fill="hsl({_hue(handle)} 55% 42%)"/>'
        '<text x="50" y="66" font-family="sans-serif" font-size="46" fill="#fff" '
        f'text-anchor="middle">{escape(name[:1])}</text>',
    )


def cover(post_id: str) -> Response:
    """Returns an upright cover in a colour of the post's own."""
    hue = _hue(post_id)
    return _svg(
        270,
        480,
        f'<rect width="270" height="480" fill="hsl({hue} 40% 28%)"/>'
        f'<path d="M0 480 270 120V480Z" fill="hsl({(hue + 40) % 360} 45% 40%)"/>'
        '<path d="M110 195v90l75-45Z" fill="#fff" fill-opacity=".9"/>',
    )
