"""A call of the API: who makes it, whether he may, and what he sent."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mpcas2_platform_mastodon.sandbox.accounts import Account
from mpcas2_platform_mastodon.sandbox.parameters import read_parameters
from mpcas2_platform_mastodon.sandbox.refusals import Refused, invalid
from mpcas2_platform_mastodon.sandbox.state import MastodonState
from mpcas2_sandbox import here
from mpcas2_sandbox.oauth import BearerError, Grant
from mpcas2_sandbox.windows import Room

T = TypeVar("T")
_DEAD_TOKENS = {
    "missing": "The access token is invalid",
    "unknown": "The access token is invalid",
    "expired": "The access token expired",
    "revoked": "The access token was revoked",
}


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a handler answers.

    Args:
        body: What is sent as JSON.
        status: The HTTP status.
        headers: More headers.
    """

    body: Any
    status: int = 200
    headers: dict[str, str] = {}


class Call:
    """One call by someone who may make it.

    Args:
        state: What the network remembers.
        request: The HTTP request.
        grant: What its access token stands for; None for a call without one.
        parameters: Those of query and body.
    """

    def __init__(
        self,
        state: MastodonState,
        request: Request,
        grant: Grant[Account] | None,
        parameters: dict[str, Any],
    ) -> None:
        self.state = state
        self.grant = grant
        self.parameters = parameters
        self.base_url = here(request)
        self.headers = request.headers
        self.path: dict[str, str] = request.path_params
        self.viewer = None if grant is None else grant.account

    @property
    def account(self) -> Account:
        """Who calls.

        Raises:
            Refused: Nobody in particular.
        """
        if self.viewer is None:
            raise Refused(422)
        return self.viewer

    @property
    def app_name(self) -> str:
        """The name of the app that calls."""
        client = None if self.grant is None else self.state.oauth.clients.find(self.grant.client_id)
        return "Web" if client is None else client.title

    def read(self, wanted: type[T]) -> T:
        """Returns the parameters as a Struct; texts of forms may stand for numbers and flags.

        Raises:
            Refused: They are not of that shape.
        """
        try:
            return msgspec.convert(self.parameters, wanted, strict=False)
        except msgspec.ValidationError as error:
            raise invalid(str(error)) from error


def limit_headers(room: Room | None) -> dict[str, str]:
    """Returns the headers about the window with the least room; none where there is no window."""
    if room is None:
        return {}
    return {
        "X-RateLimit-Limit": str(room.limit),
        "X-RateLimit-Remaining": str(room.left),
        "X-RateLimit-Reset": moment(room.resets_at),
    }


def moment(at: datetime) -> str:
    """Writes a UTC moment as the rate limits do, with microseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


Handler = Callable[[Call], Answer]
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(
    state: MastodonState,
    route: str,
    handler: Handler,
    *,
    scopes: Collection[str] = (),
    open_to_all: bool = False,
) -> Endpoint:
    """Returns the function behind a route, with everything that stands before the handler.

    Args:
        state: What the network remembers.
        route: Method and path, as the rate limits name them.
        handler: Answers a call that may be made.
        scopes: Of which one must be granted; none asks for nothing.
        open_to_all: Whether it may be called without an access token.
    """

    async def run(request: Request) -> Response:
        headers: dict[str, str] = {}
        try:
            grant = _grant(state, request, scopes, open_to_all=open_to_all)
            _count(state, route, grant, request, headers)
            parameters = await read_parameters(request, state.media.disk)
            answer = handler(Call(state, request, grant, parameters))
        except Refused as refused:
            return refused.response(headers)
        return _sent(answer, headers)

    return run


def app_endpoint(state: MastodonState, handler: Handler) -> Endpoint:
    """Returns the function behind a route whose caller proves to be an app, not a person.

    Args:
        state: What the network remembers.
        handler: Answers the call, and looks at the proof.
    """

    async def run(request: Request) -> Response:
        try:
            parameters = await read_parameters(request, state.media.disk)
            return _sent(handler(Call(state, request, None, parameters)), {})
        except Refused as refused:
            return refused.response({})

    return run


def _sent(answer: Answer, headers: Mapping[str, str]) -> Response:
    body = msgspec.json.encode(answer.body)
    return Response(body, answer.status, {**headers, **answer.headers}, "application/json")


def _count(
    state: MastodonState,
    route: str,
    grant: Grant[Account] | None,
    request: Request,
    headers: dict[str, str],
) -> None:
    """Counts a call and notes in the answer's headers what is left."""
    user = "" if grant is None else grant.account.id
    token = request.headers.get("authorization", "")
    taken = state.limits.take(route, user=user, app=token)
    headers |= limit_headers(taken.tightest)
    if not taken.room:
        state.throttled += 1
        raise Refused(429)


def _grant(
    state: MastodonState, request: Request, scopes: Collection[str], *, open_to_all: bool
) -> Grant[Account] | None:
    try:
        grant = state.oauth.bearer(request)
    except BearerError as error:
        if open_to_all and error.reason == "missing":
            return None
        raise Refused(401, _DEAD_TOKENS[error.reason]) from error
    if grant.account.disabled:
        raise Refused(403, "Your login is currently disabled")
    if scopes and not set(scopes) & set(grant.scopes):
        raise Refused(403, "This action is outside the authorized scopes")
    return grant
