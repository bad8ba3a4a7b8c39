"""One call of the data API: token, scope and rate limit, then the method itself."""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mpcas2_platform_tiktok.sandbox.answers import ApiError, answered, refused
from mpcas2_platform_tiktok.sandbox.creators import Creator
from mpcas2_platform_tiktok.sandbox.post_request import read_body
from mpcas2_platform_tiktok.sandbox.state import TikTokState
from mpcas2_sandbox.oauth import BearerError, Grant

T = TypeVar("T")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """A call whose token is good.

    Attributes:
        state: What the network remembers.
        request: The request.
        raw: Its body.
        grant: What the token stands for.
        now: The network's time.
    """

    state: TikTokState
    request: Request
    raw: bytes
    grant: Grant[Creator]
    now: datetime

    @property
    def creator(self) -> Creator:
        """Who calls."""
        return self.grant.account

    def needs(self, scope: str) -> None:
        """Refuses a call whose token lacks a scope.

        Raises:
            ApiError: It does.
        """
        if scope not in self.grant.scopes:
            raise ApiError("scope_not_authorized")

    def body(self, wanted: type[T]) -> T:
        """Reads the JSON body.

        Raises:
            ApiError: It does not fit.
        """
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise ApiError("invalid_params", "The content type must be application/json.")
        return read_body(self.raw, wanted)

    def fields(self, known: Mapping[str, object]) -> list[str]:
        """Reads the query parameter ``fields``.

        Args:
            known: Every field that there is.

        Raises:
            ApiError: There is none, or one that is not known.
        """
        unknown = [name for name in self.request.query_params if name != "fields"]
        if unknown:
            raise ApiError("invalid_params", f"Unknown query parameter: {unknown[0]}")
        wanted = [name for name in self.request.query_params.get("fields", "").split(",") if name]
        if not wanted:
            raise ApiError("invalid_params", "The query parameter fields is missing.")
        for name in wanted:
            if name not in known:
                raise ApiError("invalid_params", f"Unknown field: {name}")
        return wanted


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method:
    """One route of the data API.

    Attributes:
        verb: The HTTP method.
        path: Its path.
        answer: Makes the ``data`` of the answer.
        scopes: Of which one is needed; empty where the method looks for itself.
    """

    verb: str
    path: str
    answer: Callable[[Call], Mapping[str, Any]]
    scopes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the request log and the rate limits call it."""
        return f"{self.verb} {self.path}"

    def route(self, state: TikTokState) -> Route:
        """Returns the route over what the network remembers."""
        return Route(self.path, self._handler(state), methods=[self.verb])

    def _handler(self, state: TikTokState) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            try:
                return answered(self.answer(self._open(state, request, await request.body())))
            except ApiError as error:
                return refused(error)

        return handle

    def _open(self, state: TikTokState, request: Request, raw: bytes) -> Call:
        try:
            token = state.oauth.bearer_token(request)
        except BearerError as error:
            raise ApiError("access_token_invalid") from error
        if self.scopes and not set(self.scopes) & set(token.grant.scopes):
            raise ApiError("scope_not_authorized")
        if not state.windows.take(self.name, user=token.letters).room:
            raise ApiError("rate_limit_exceeded")
        return Call(
            state=state, request=request, raw=raw, grant=token.grant, now=state.core.clock.now()
        )
