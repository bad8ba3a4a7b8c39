"""Drawn pictures for videos without a thumbnail and for channels."""

import hashlib
from html import escape

from starlette.requests import Request
from starlette.responses import Response

from mpcas2_platform_youtube.sandbox.channels import Channel
from mpcas2_platform_youtube.sandbox.videos import Video
from mpcas2_sandbox.files import file_response

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


def _svg(width: int, height: int, inner: str) -> Response:
    body = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">{inner}</svg>'
    )
    return Response(body, media_type="image/svg+xml", headers=_HEADERS)


def _hue(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:2], "big") % 360


def channel_picture(channel: Channel) -> Response:
    """Returns a disc with the first letter of the channel's title."""
    inner = (
        f'<circle cx="44" cy="44" r="44" fill="hsl({_hue(channel.id)} 55% 42%)"/>'
        '<text x="44" y="58" font-family="sans-serif" font-size="40" fill="#fff" '
        f'text-anchor="middle">{escape(channel.title[:1])}</text>'
    )
    return _svg(88, 88, inner)


def video_picture(request: Request, video: Video) -> Response:
    """Returns the thumbnail that the owner set, else a drawn one."""
    if video.thumbnail is not None:
        return file_response(request, video.thumbnail.data, video.thumbnail.media_type)
    hue = _hue(video.id)
    inner = (
        f'<rect width="480" height="270" fill="hsl({hue} 40% 30%)"/>'
        f'<path d="M0 270 480 60V270Z" fill="hsl({(hue + 40) % 360} 45% 40%)"/>'
        '<path d="M210 95v80l70-40Z" fill="#fff" fill-opacity=".9"/>'
    )
    return _svg(480, 270, inner)
