"""The practice network: one host that plays all of Google's hosts that a publisher talks to."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_youtube.sandbox.api_call import Method, run_method
from mpcas2_platform_youtube.sandbox.comment_methods import COMMENT_METHODS
from mpcas2_platform_youtube.sandbox.network_control import network_control_routes
from mpcas2_platform_youtube.sandbox.pages import Pages
from mpcas2_platform_youtube.sandbox.pictures import channel_picture, video_picture
from mpcas2_platform_youtube.sandbox.read_methods import READ_METHODS
from mpcas2_platform_youtube.sandbox.revocation import revocation_route
from mpcas2_platform_youtube.sandbox.state import TITLE, YouTubeState
from mpcas2_platform_youtube.sandbox.upload_methods import (
    UPLOAD_PATH,
    VIDEOS_INSERT,
    cancel,
    put_bytes,
)
from mpcas2_platform_youtube.sandbox.videos import THUMBNAIL_SIZES
from mpcas2_platform_youtube.sandbox.write_methods import WRITE_METHODS
from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.files import file_response

MAX_CHUNK_BYTES = 64 * 1024 * 1024
_METHODS = (*READ_METHODS, *WRITE_METHODS, *COMMENT_METHODS)
# The discovery document names the second path for resumable uploads, the guides name the first.
_UPLOAD_PATHS = (UPLOAD_PATH, f"/resumable{UPLOAD_PATH}")
_NAMES = {(one.verb, one.path): one.name for one in _METHODS}
_NAMES |= {("POST", path): VIDEOS_INSERT.name for path in _UPLOAD_PATHS}
_NAMES |= {("PUT", path): "videos.insert bytes" for path in _UPLOAD_PATHS}
_MAX_WHOLE_ANSWER = 64 * 1024 * 1024
_NOT_FOUND = 404

Handler = Callable[[Request], Awaitable[Response]]


def _method_route(method: Method, state: YouTubeState, path: str) -> Route:
    async def call(request: Request) -> Response:
        return run_method(method, state, request, await request.body())

    return Route(path, call, methods=[method.verb])


def _upload_routes(state: YouTubeState) -> list[BaseRoute]:
    async def put(request: Request) -> Response:
        return put_bytes(state, request, await request.body())

    async def delete(request: Request) -> Response:
        return cancel(state, request)

    routes: list[BaseRoute] = []
    for path in _UPLOAD_PATHS:
        routes += [
            Route(path, put, methods=["PUT"]),
            Route(path, delete, methods=["DELETE"]),
            _method_route(VIDEOS_INSERT, state, path),
        ]
    return routes


def _page_routes(state: YouTubeState) -> list[BaseRoute]:
    pages = Pages(state)

    async def start(_request: Request) -> Response:
        return pages.start()

    async def timeline(request: Request) -> Response:
        offset: str = request.query_params.get("offset", "0")
        return pages.timeline(int(offset) if offset.isascii() and offset.isdigit() else 0)

    async def watch(request: Request) -> Response:
        return pages.watch(request.query_params.get("v", ""))

    async def short(request: Request) -> Response:
        return pages.watch(request.path_params["video_id"])

    async def playlist(request: Request) -> Response:
        return pages.playlist(request.query_params.get("list", ""))

    async def channel(request: Request) -> Response:
        return pages.channel(request.path_params["channel_id"])

    async def media(request: Request) -> Response:
        video = state.videos.get(request.path_params["video_id"])
        if video is None or not video.watchable(state.core.clock.now()):
            return Response("Not Found", _NOT_FOUND)
        if "range" not in request.headers and video.file.size > _MAX_WHOLE_ANSWER:
            # The core holds a whole answer in memory; players ask for ranges anyway.
            return Response("Ask for a range of this video.", 403)
        return file_response(request, video.file, video.media_type or "application/octet-stream")

    async def picture(request: Request) -> Response:
        video = state.videos.get(request.path_params["video_id"])
        if video is None or request.path_params["size"] not in THUMBNAIL_SIZES:
            return Response("Not Found", _NOT_FOUND)
        return video_picture(request, video)

    async def face(request: Request) -> Response:
        found = state.people.channels.get(request.path_params["channel_id"])
        return Response("Not Found", _NOT_FOUND) if found is None else channel_picture(found)

    shown: dict[str, Handler] = {
        "/": start,
        "/timeline": timeline,
        "/watch": watch,
        "/shorts/{video_id}": short,
        "/playlist": playlist,
        "/channel/{channel_id}": channel,
        "/media/{video_id}": media,
        "/vi/{video_id}/{size}.jpg": picture,
        "/ch/{channel_id}.svg": face,
    }
    return [Route(path, handler, methods=["GET"]) for path, handler in shown.items()]


class PracticeYouTube:
    """Plays the authorization server, the Data API, its upload server and the public pages."""

    key = "youtube"
    title = TITLE
    body_limit = MAX_CHUNK_BYTES
    practice = Practice(
        settings=dict.fromkeys(("api_url", "accounts_url", "token_url", "web_url"), "{url}"),
        publish=("PUT /upload/youtube/v3/videos$", "POST /youtube/v3/commentThreads$"),
        person="ada",
        samples=("video",),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns the API method's name, ``videos.insert bytes``, or method and path."""
        return _NAMES.get((method, path), f"{method} {path}")

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = YouTubeState(core)
        return [
            *_upload_routes(state),
            *(_method_route(method, state, method.path) for method in _METHODS),
            revocation_route(state.oauth),
            *state.oauth.routes(),
            *network_control_routes(state),
            *_page_routes(state),
        ]
