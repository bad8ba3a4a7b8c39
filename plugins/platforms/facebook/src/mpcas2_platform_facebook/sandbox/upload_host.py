"""The upload host: ``POST /video-upload/{version}/{video}`` with bytes, or with an address."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_facebook.sandbox.errors import GraphError, graph_json
from mpcas2_platform_facebook.sandbox.graph_call import authorization_letters, token_behind
from mpcas2_platform_facebook.sandbox.media import Video
from mpcas2_platform_facebook.sandbox.media_rules import MAX_REEL_BYTES
from mpcas2_platform_facebook.sandbox.state import FacebookState
from mpcas2_sandbox.pull import PullError, pull

_BAD_REQUEST = 400
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_MOST_DIGITS = 15


def upload_routes(state: FacebookState) -> list[BaseRoute]:
    """Returns the routes of the upload host, with and without a version in the path."""

    async def upload(request: Request) -> Response:
        return await _upload(state, request)

    async def offset(request: Request) -> Response:
        video = _asked_for(state, request)
        if isinstance(video, Response):
            return video
        return graph_json({"offset": video.file.size})

    routes: list[BaseRoute] = []
    for before in ("/video-upload/{version:facebook_version}", "/video-upload"):
        routes.append(Route(f"{before}/{{number:int}}", upload, methods=["POST"]))
        routes.append(Route(f"{before}/{{number:int}}", offset, methods=["GET"]))
    return routes


def _refused(kind: str, message: str, status: int = _BAD_REQUEST, **more: Any) -> Response:
    debug = {"retriable": False, "type": kind, "message": message, **more}
    return graph_json({"debug_info": debug}, status)


def _asked_for(state: FacebookState, request: Request) -> Video | Response:
    try:
        token = token_behind(state, authorization_letters(request))
    except GraphError:
        message = "User authentication failed"
        return _refused("NotAuthorizedError", message, _UNAUTHORIZED)
    video = state.videos.get(str(request.path_params["number"]))
    if video is None or video.kind == "video" or token.place != video.page.id:
        return _refused("ProcessingFailedError", "There is no such upload", _NOT_FOUND)
    return video


async def _upload(state: FacebookState, request: Request) -> Response:
    video = _asked_for(state, request)
    if isinstance(video, Response):
        return video
    if video.uploaded:
        return _refused("ProcessingFailedError", "This upload is complete")
    address = request.headers.get("file_url")
    if address:
        return await _from_address(state, video, address)
    return await _from_body(state, video, request)


async def _from_address(state: FacebookState, video: Video, address: str) -> Response:
    seconds = state.settings.pull_seconds
    try:
        pulled = await pull(address, state.disk, limit=MAX_REEL_BYTES, seconds=seconds)
    except PullError as error:
        return _refused("ProcessingFailedError", f"The file cannot be fetched: {error.reason}")
    video.file = pulled.file
    state.take_video(video)
    return graph_json({"success": True})


async def _from_body(state: FacebookState, video: Video, request: Request) -> Response:
    numbers = [request.headers.get(name, "") for name in ("offset", "file_size")]
    if not all(one.isdecimal() and len(one) <= _MOST_DIGITS for one in numbers):
        return _refused("HeaderError", "offset and file_size must be numbers of bytes")
    offset, size = map(int, numbers)
    if not 0 < size <= MAX_REEL_BYTES:
        return _refused("HeaderError", f"file_size must be 1 to {MAX_REEL_BYTES}")
    if video.declared not in {None, size}:
        return _refused("HeaderError", f"file_size was {video.declared} before")
    at = video.file.size
    if offset != at:
        return _refused("OffsetInvalidError", f"The file goes on at {at}", offset=at)
    data = await request.body()
    if not data or offset + len(data) > size:
        message = f"{size - offset} bytes are missing, not {len(data)}"
        return _refused("PartialRequestError", message)
    video.file.append(data)
    video.declared = size
    if video.file.size == size:
        state.take_video(video)
    return graph_json({"success": True})
