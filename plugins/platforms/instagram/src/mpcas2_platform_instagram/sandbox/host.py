"""The practice network: one host that plays all of Instagram's hosts that a publisher talks to."""

import re
from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute

from mpcas2_platform_instagram.sandbox.errors import error_of_status
from mpcas2_platform_instagram.sandbox.graph_routes import graph_routes
from mpcas2_platform_instagram.sandbox.media_rules import MAX_REEL_BYTES
from mpcas2_platform_instagram.sandbox.network_control import network_control_routes
from mpcas2_platform_instagram.sandbox.pages import page_routes
from mpcas2_platform_instagram.sandbox.state import TITLE, InstagramState
from mpcas2_platform_instagram.sandbox.tokens import token_routes
from mpcas2_platform_instagram.sandbox.upload_host import upload_routes
from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.windows import limits_routes

_VERSION = re.compile(r"^/v\d+\.\d+(?=/)")
_NUMBER = re.compile(r"/\d+(?=/|$)")


class PracticeInstagram:
    """Plays consent page, token routes, Graph API, upload host and public pages."""

    key = "instagram"
    title = TITLE
    body_limit = MAX_REEL_BYTES
    practice = Practice(
        settings={
            "api_url": "{url}",
            "web_url": "{url}",
            "auth_url": "{url}",
            "token_url": "{url}",
            "upload_url": "{url}",
        },
        publish=("POST /media_publish$", r"POST /\d+/comments$"),
        person="ada",
        samples=("image", "carousel", "images", "video", "story"),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns method and path without version and numbers, such as ``POST /{id}/media``."""
        return f"{method} {_NUMBER.sub('/{id}', _VERSION.sub('', path))}"

    def error_body(self, status: int) -> Any:
        """Returns the Graph API's error envelope for a status."""
        return error_of_status(status)

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = InstagramState(core)
        return [
            # The graph routes end with one for whatever else stands below a version.
            *token_routes(state),
            *graph_routes(state),
            *upload_routes(state),
            *state.oauth.routes(),
            *state.decisions.routes(),
            *state.webhooks.routes(),
            *limits_routes(state.calls),
            *network_control_routes(state),
            *page_routes(state),
        ]
