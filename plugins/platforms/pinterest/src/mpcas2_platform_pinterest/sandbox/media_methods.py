"""Media: registering an upload, and asking how far it is."""

from typing import Literal

import msgspec

from mpcas2_platform_pinterest.sandbox.calls import Call, Method, Reply
from mpcas2_platform_pinterest.sandbox.refusals import Refused
from mpcas2_platform_pinterest.sandbox.state import READ, WRITE
from mpcas2_platform_pinterest.sandbox.upload_host import UPLOAD_PATH


class MediaBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is announced."""

    media_type: Literal["video"]


async def _register(call: Call) -> Reply:
    body = call.json(MediaBody)
    settings = call.state.settings
    media = call.state.media.register(
        call.pinner, seconds=settings.upload_seconds, max_bytes=settings.max_video_bytes
    )
    shown = {
        "media_id": media.id,
        "media_type": body.media_type,
        "upload_url": call.here + UPLOAD_PATH,
        "upload_parameters": media.fields(call.now),
    }
    return Reply(body=shown, status=201)


async def _get(call: Call) -> Reply:
    media = call.state.media.find(call.number("media_id"))
    if media is None or media.owner is not call.pinner:
        raise Refused(404, 404, "Media not found.")
    shown = {
        "media_id": media.id,
        "media_type": "video",
        "status": call.state.media.status(media),
    }
    return Reply(body=shown)


MEDIA_METHODS = (
    Method(
        verb="POST",
        path="/media",
        category=WRITE,
        scopes=("pins:read", "pins:write"),
        answer=_register,
    ),
    Method(verb="GET", path="/media/{media_id}", category=READ, scopes=("pins:read",), answer=_get),
)
