"""The practice network: one host that plays all of Pinterest's hosts that a publisher talks to."""

import re
from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute

from mpcas2_platform_pinterest.sandbox.board_methods import BOARD_METHODS
from mpcas2_platform_pinterest.sandbox.consent import revocation_route, token_route
from mpcas2_platform_pinterest.sandbox.figure_methods import FIGURE_METHODS
from mpcas2_platform_pinterest.sandbox.media_methods import MEDIA_METHODS
from mpcas2_platform_pinterest.sandbox.pages import page_routes
from mpcas2_platform_pinterest.sandbox.pin_methods import PIN_METHODS
from mpcas2_platform_pinterest.sandbox.practice_control import practice_control_routes
from mpcas2_platform_pinterest.sandbox.refusals import words_of
from mpcas2_platform_pinterest.sandbox.state import TITLE, PinterestState
from mpcas2_platform_pinterest.sandbox.upload_host import UPLOAD_PATH, upload_route
from mpcas2_sandbox import Practice, SandboxCore

# The core holds a request in memory, so that the 2 GB of the network's own limit are not played.
_BODY_LIMIT = 512 * 1024 * 1024
_NUMBER = re.compile(r"(?<=/)\d+(?=/|$)")
METHODS = (*FIGURE_METHODS, *BOARD_METHODS, *PIN_METHODS, *MEDIA_METHODS)


class PracticePinterest:
    """Plays the authorization server, the API, its upload host and the public pages."""

    key = "pinterest"
    title = TITLE
    body_limit = _BODY_LIMIT
    practice = Practice(
        settings={"api_url": "{url}", "web_url": "{url}"},
        publish=("POST /v5/pins$",),
        person="ada",
        exact=False,
        samples=("image", "images", "video"),
        requires_options={"boardId": "{target}"},
    )

    def operation(self, method: str, path: str) -> str:
        """Returns ``upload``, or method and path with ``{id}`` in the places of numbers."""
        return "upload" if path == UPLOAD_PATH else f"{method} {_NUMBER.sub('{id}', path)}"

    def error_body(self, status: int) -> dict[str, Any]:
        """Returns the refusal that Pinterest sends with a status."""
        return words_of(status)

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = PinterestState(core)
        return [
            *(method.route(state) for method in METHODS),
            token_route(state.oauth, lambda: state.settings.legacy_app),
            revocation_route(state.oauth, lambda: state.settings.revokes_user_tokens),
            *state.oauth.routes(),
            upload_route(state),
            *practice_control_routes(state),
            *page_routes(state),
        ]
