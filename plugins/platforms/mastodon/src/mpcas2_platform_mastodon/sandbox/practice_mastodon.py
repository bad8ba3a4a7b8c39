"""The practice network: its routes over a fresh state."""

import re
from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute, Route

from mpcas2_platform_mastodon.sandbox import media_methods as media
from mpcas2_platform_mastodon.sandbox import status_methods as statuses
from mpcas2_platform_mastodon.sandbox import token_methods as tokens
from mpcas2_platform_mastodon.sandbox.calls import Handler, app_endpoint, endpoint
from mpcas2_platform_mastodon.sandbox.instance import get_authorization_server, get_instance
from mpcas2_platform_mastodon.sandbox.pages import page_routes
from mpcas2_platform_mastodon.sandbox.practice_control import practice_control_routes
from mpcas2_platform_mastodon.sandbox.refusals import error_body
from mpcas2_platform_mastodon.sandbox.state import TITLE, MastodonState
from mpcas2_sandbox import Practice, SandboxCore

# A video of 99 MiB with room for the fields around it.
_BODY_LIMIT = 100 * 1024 * 1024
_NUMBER = re.compile(r"/\d+(?=/|$)")
_PROFILE = ("profile", "read", "read:accounts")
_READ_ACCOUNTS = ("read", "read:accounts")
_READ = ("read", "read:statuses")
_WRITE = ("write", "write:statuses")
_MEDIA = ("write", "write:media")

# Method, path, handler, the scopes of which one is needed, and who needs no token.
_ROUTES: tuple[tuple[str, str, Handler, tuple[str, ...], bool], ...] = (
    ("GET", "/api/v2/instance", get_instance, (), True),
    ("GET", "/.well-known/oauth-authorization-server", get_authorization_server, (), True),
    ("POST", "/api/v1/apps", tokens.register_app, (), True),
    ("GET", "/api/v1/apps/verify_credentials", tokens.show_app, (), False),
    (
        "GET",
        "/api/v1/accounts/verify_credentials",
        statuses.verify_credentials,
        _PROFILE,
        False,
    ),
    ("GET", "/api/v1/accounts/{id}", statuses.show_account, _READ_ACCOUNTS, True),
    ("GET", "/api/v1/accounts/{id}/statuses", statuses.list_statuses, _READ, True),
    ("POST", "/api/v1/statuses", statuses.create, _WRITE, False),
    ("GET", "/api/v1/statuses", statuses.show_several, _READ, True),
    ("GET", "/api/v1/statuses/{id}", statuses.show, _READ, True),
    ("DELETE", "/api/v1/statuses/{id}", statuses.delete, _WRITE, False),
    ("GET", "/api/v1/statuses/{id}/source", statuses.show_source, _READ, False),
    ("GET", "/api/v1/statuses/{id}/context", statuses.show_context, _READ, True),
    ("GET", "/api/v1/polls/{id}", statuses.show_poll, _READ, True),
    ("POST", "/api/v2/media", media.upload, _MEDIA, False),
    ("GET", "/api/v1/media/{id}", media.show, _MEDIA, False),
    ("PUT", "/api/v1/media/{id}", media.change, _MEDIA, False),
    ("DELETE", "/api/v1/media/{id}", media.remove, _MEDIA, False),
)


class PracticeMastodon:
    """Plays one Mastodon server: its API, its consent page and the public view of its posts."""

    key = "mastodon"
    title = TITLE
    body_limit = _BODY_LIMIT
    practice = Practice(
        settings={},
        server="{url}",
        publish=("POST /api/v1/statuses$",),
        person="ada",
        exact=True,
        samples=("text", "image", "images", "video"),
    )

    def operation(self, method: str, path: str) -> str:
        """Returns the HTTP method and the path, with ``{id}`` in the place of numbers."""
        return f"{method} {_NUMBER.sub('/{id}', path) if path.startswith('/api/') else path}"

    def error_body(self, status: int) -> Any:
        """Returns what the server says with a status."""
        return error_body(status)

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        """Returns the network's routes over a fresh state."""
        state = MastodonState(core)
        return [
            *(
                Route(
                    path,
                    endpoint(
                        state, f"{method} {path}", handler, scopes=scopes, open_to_all=open_to_all
                    ),
                    methods=[method],
                )
                for method, path, handler, scopes, open_to_all in _ROUTES
            ),
            *_token_routes(state),
            *state.oauth.routes(),
            *practice_control_routes(state),
            *page_routes(state),
        ]


def _token_routes(state: MastodonState) -> list[BaseRoute]:
    """Returns the routes whose Authorization header, if any, proves an app instead of a person."""
    return [
        Route("/oauth/token", app_endpoint(state, tokens.give_token), methods=["POST"]),
        Route("/oauth/revoke", app_endpoint(state, tokens.revoke_token), methods=["POST"]),
    ]
