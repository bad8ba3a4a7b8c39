"""The practice network: one host that plays all of TikTok's hosts that a publisher talks to."""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_platform_tiktok.sandbox.answers import body_of_status
from mpcas2_platform_tiktok.sandbox.display_methods import DISPLAY_METHODS
from mpcas2_platform_tiktok.sandbox.network_control import network_control_routes
from mpcas2_platform_tiktok.sandbox.pages import page_routes
from mpcas2_platform_tiktok.sandbox.posting_methods import POSTING_METHODS
from mpcas2_platform_tiktok.sandbox.revocation import revocation_route
from mpcas2_platform_tiktok.sandbox.state import TITLE, TikTokState
from mpcas2_platform_tiktok.sandbox.uploads import MAX_LAST_CHUNK_BYTES, UPLOAD_PATH, put_chunk
from mpcas2_sandbox import Practice, SandboxCore

_METHODS = (*POSTING_METHODS, *DISPLAY_METHODS)


class PracticeTikTok:
    """Plays the authorization server, the data API, its upload host and the public pages."""

    key = "tiktok"
    title = TITLE
    body_limit = MAX_LAST_CHUNK_BYTES
    practice = Practice(
        settings={"api_url": "{url}", "web_url": "{url}"},
        # A video that is uploaded goes out with its last chunk; one that is pulled, and photos,
        # with the request that begins them.
        publish=("PUT /upload/video/$", "POST /v2/post/publish/content/init/$"),
        person="ada",
        samples=("video", "image", "images"),
        requires_options={"privacy": "PUBLIC_TO_EVERYONE"},
    )

    def operation(self, method: str, path: str) -> str:
        """Returns ``upload`` for chunks, and method and path for everything else."""
        return "upload" if path == UPLOAD_PATH else f"{method} {path}"

    def error_body(self, status: int) -> Any:
        """Returns the refusal that TikTok sends with a status."""
        return body_of_status(status)

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = TikTokState(core)

        async def put(request: Request) -> Response:
            return await put_chunk(state, request)

        return [
            Route(UPLOAD_PATH, put, methods=["PUT"]),
            *(method.route(state) for method in _METHODS),
            revocation_route(state.oauth),
            *state.oauth.routes(),
            *network_control_routes(state),
            *page_routes(state),
        ]
