"""Takes the chunks of a video, strictly in order (the media transfer guide)."""

import hmac
import re

from starlette.requests import Request
from starlette.responses import Response

from mpcas2_platform_tiktok.sandbox.post_request import UploadSource
from mpcas2_platform_tiktok.sandbox.publishes import Publish
from mpcas2_platform_tiktok.sandbox.state import TikTokState

UPLOAD_PATH = "/upload/video/"
MAX_LAST_CHUNK_BYTES = 128_000_000
_TYPES = {"video/mp4", "video/quicktime", "video/webm"}
_RANGE = re.compile(r"bytes (\d{1,12})-(\d{1,12})/(\d{1,12})\Z")
_CREATED, _PARTIAL = 201, 206
_BAD, _EXPIRED, _UNKNOWN, _OUT_OF_ORDER = 400, 403, 404, 416


def upload_address(base: str, publish: Publish) -> str:
    """Returns the address that the bytes of a video go to.

    Args:
        base: The network's own address.
        publish: The post or draft.
    """
    return f"{base}{UPLOAD_PATH}?upload_id={publish.post_id}&upload_token={publish.token}"


async def put_chunk(state: TikTokState, request: Request) -> Response:
    """Takes one chunk.

    Args:
        state: What the network remembers.
        request: Its query names the upload; the headers say which bytes it carries.

    Returns:
        201 with the last chunk and 206 with the others; 400 for headers that make no sense, 403 for
        an address that is too old, 404 for one that never was, and 416 for a range that does not
        follow on, or is no chunk as announced.
    """
    publish = state.publishes.of_post(request.query_params.get("upload_id", ""))
    token = request.query_params.get("upload_token", "")
    if publish is None or publish.upload is None:
        return Response(None, _UNKNOWN)
    if not hmac.compare_digest(token.encode(), publish.token.encode()):
        return Response(None, _UNKNOWN)
    if state.core.clock.now() >= publish.upload_until:
        return Response(None, _EXPIRED)
    data = await request.body()
    said = _RANGE.match(request.headers.get("content-range", ""))
    if said is None or request.headers.get("content-type", "") not in _TYPES:
        return Response(None, _BAD)
    first, last, total = map(int, said.groups())
    if last - first + 1 != len(data):
        return Response(None, _BAD)
    end = publish.upload.video_size
    if first != publish.file.size or total != end or len(data) != _chunk_at(publish.upload, first):
        return Response(None, _OUT_OF_ORDER, {"Content-Range": _taken(publish)})
    publish.file.append(data, at=first)
    publish.chunks.append((first, last))
    if publish.file.size < end:
        return Response(None, _PARTIAL, {"Content-Range": _taken(publish)})
    state.uploaded(publish)
    return Response(None, _CREATED, {"Content-Range": _taken(publish)})


def _chunk_at(upload: UploadSource, first: int) -> int:
    """Returns how long the chunk must be that begins at a byte; the last one takes the rest."""
    if first // upload.chunk_size >= upload.total_chunk_count - 1:
        return upload.video_size - first
    return upload.chunk_size


def _taken(publish: Publish) -> str:
    total = 0 if publish.upload is None else publish.upload.video_size
    return f"bytes 0-{publish.file.size - 1}/{total}" if publish.file.size else f"bytes */{total}"
