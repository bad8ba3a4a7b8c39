"""The practice network: one host that plays threads.net and graph.threads.net."""

import re
from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute

from mpcas2_platform_threads.sandbox.errors import error_of_status
from mpcas2_platform_threads.sandbox.graph_routes import graph_routes
from mpcas2_platform_threads.sandbox.network_control import network_control_routes
from mpcas2_platform_threads.sandbox.pages import page_routes
from mpcas2_platform_threads.sandbox.state import TITLE, ThreadsState
from mpcas2_platform_threads.sandbox.tokens import token_routes
from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.windows import limits_routes

_VERSION = re.compile(r"^/v\d+\.\d+(?=/)")
_NUMBER = re.compile(r"/\d+(?=/|$)")


class PracticeThreads:
    """Plays consent page, token routes, Graph API and public pages."""

    key = "threads"
    title = TITLE
    body_limit = 1_000_000
    practice = Practice(
        settings={"api_url": "{url}", "web_url": "{url}"},
        publish=("POST /threads_publish$",),
        person="ada",
        samples=("text", "image", "images", "video", "carousel"),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns method and path without version and numbers, such as ``POST /me/threads``."""
        return f"{method} {_NUMBER.sub('/{id}', _VERSION.sub('', path))}"

    def error_body(self, status: int) -> Any:
        """Returns the Graph API's error envelope for a status."""
        return error_of_status(status)

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = ThreadsState(core)
        return [
            # The graph routes end with one for whatever else stands below a version.
            *token_routes(state),
            *graph_routes(state),
            *state.oauth.routes(),
            *state.decisions.routes(),
            *state.webhooks.routes(),
            *limits_routes(state.calls),
            *network_control_routes(state),
            *page_routes(state),
        ]
