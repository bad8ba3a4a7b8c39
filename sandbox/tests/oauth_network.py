"""A network of people and one protected route that the tests of the authorization server play."""

import dataclasses
from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox import Practice, SandboxCore
from mpcas2_sandbox.files import FileDisk, file_response
from mpcas2_sandbox.oauth import BearerError, OAuthRules, OAuthServer


@dataclasses.dataclass(frozen=True)
class Member:
    id: str
    name: str
    handle: str


MEMBERS = (Member("1", "Ada", "ada"), Member("2", "Bob <b>", "bob"))
SCOPES = {"read": "See what you wrote", "write": "Write for you", "offline": "Come back later"}


class Club:
    key = "club"
    title = "Club"
    body_limit = 4_000_000
    practice = Practice(settings={}, publish=("PUT /file$",), person="ada")

    def __init__(self, rules: OAuthRules) -> None:
        self._rules = rules

    def operation(self, method: str, path: str) -> str:
        return f"{method.lower()} {path.strip('/')}"

    def routes(self, core: SandboxCore) -> Sequence[BaseRoute]:
        oauth = OAuthServer(core, self._rules, accounts=lambda: MEMBERS, title=self.title)
        disk = FileDisk()
        stored = disk.new_file()

        async def me(request: Request) -> Response:
            try:
                grant = oauth.bearer(request)
            except BearerError as error:
                return Response(error.reason, 401)
            shown = {"handle": grant.account.handle, "scopes": grant.scopes}
            return Response(msgspec.json.encode(shown), media_type="application/json")

        async def append(request: Request) -> Response:
            stored.append(await request.body(), at=int(request.query_params["at"]))
            return Response(stored.sha256)

        async def show(request: Request) -> Response:
            return file_response(request, stored, "video/mp4")

        return [
            *oauth.routes(),
            Route("/me", me, methods=["GET"]),
            Route("/file", append, methods=["PUT"]),
            Route("/file", show, methods=["GET"]),
        ]


def rotating() -> Club:
    return Club(
        OAuthRules(
            authorize_path="/authorize",
            token_path="/token",
            revoke_path="/revoke",
            scopes=SCOPES,
            rotates=True,
            pkce="required",
            code_seconds=30,
            access_seconds=7200,
            offline_scope="offline",
            secret_in_form=False,
        )
    )


def commas() -> Club:
    """A network that says many things in another way than the standard."""
    return Club(
        OAuthRules(
            authorize_path="/authorize",
            token_path="/token",
            scopes=SCOPES,
            default_scopes=("read",),
            scope_separator=",",
            client_id_name="client_key",
            refresh_seconds=1000,
            refresh_expires_name="refresh_expires_in",
            repeats_refresh_token=True,
            names_account="open_id",
            secret_in_basic=False,
            token_in_query=True,
        )
    )


def lasting() -> Club:
    return Club(
        OAuthRules(
            authorize_path="/authorize",
            token_path="/token",
            revoke_path="/revoke",
            scopes=SCOPES,
            plain_challenge=False,
            offline_parameter=("access_type", "offline"),
            redirect_names_scopes=True,
        )
    )
