"""The practice network: one host that plays all of Facebook's hosts that a publisher talks to."""

import re
from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute

from mpcas2_platform_facebook.sandbox.errors import error_of_status
from mpcas2_platform_facebook.sandbox.graph_routes import graph_routes
from mpcas2_platform_facebook.sandbox.network_control import network_control_routes
from mpcas2_platform_facebook.sandbox.pages import page_routes
from mpcas2_platform_facebook.sandbox.state import TITLE, FacebookState
from mpcas2_platform_facebook.sandbox.tokens import token_routes
from mpcas2_platform_facebook.sandbox.upload_host import upload_routes
from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.windows import limits_routes

_BODY_LIMIT = 1024**3
_VERSION = re.compile(r"/v\d+\.\d+(?=/)")
_NUMBER = re.compile(r"/\d+(?:_\d+)?(?=/|$)")


class PracticeFacebook:
    """Plays consent page, token routes, Graph API, upload host and public pages."""

    key = "facebook"
    title = TITLE
    body_limit = _BODY_LIMIT
    practice = Practice(
        settings={"api_url": "{url}", "web_url": "{url}", "upload_url": "{url}"},
        publish=(
            r"POST /\d+/feed$",
            r"POST /\d+/photos$",
            r"POST /\d+/videos$",
            r"POST /\d+/video_reels$",
            r"POST /\d+/(?:photo|video)_stories$",
            r"POST /[\d_]+/comments$",
        ),
        person="ada",
        exact=False,
        repeats_words=False,
        samples=("text", "image", "images", "video", "story"),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns method and path without version and numbers, such as ``POST /{id}/feed``."""
        return f"{method} {_NUMBER.sub('/{id}', _VERSION.sub('', path))}"

    def error_body(self, status: int) -> Any:
        """Returns the Graph API's error envelope for a status."""
        return error_of_status(status)

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = FacebookState(core)
        return [
            # The graph routes end with one for whatever else stands below a version.
            *token_routes(state),
            *state.oauth.routes(),
            *upload_routes(state),
            *graph_routes(state),
            *state.decisions.routes(),
            *state.events.sender.routes(),
            *limits_routes(state.calls),
            *network_control_routes(state),
            *page_routes(state),
        ]
