"""A call of the API: token, scopes and rate limit, then the method itself."""

import base64
import binascii
import dataclasses
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mpcas2_platform_pinterest.sandbox.pinners import Board, Pinner
from mpcas2_platform_pinterest.sandbox.pins import Pin
from mpcas2_platform_pinterest.sandbox.refusals import (
    Refused,
    invalid,
    lacks_scope,
    no_board,
    no_pin,
    not_authenticated,
    throttled,
)
from mpcas2_platform_pinterest.sandbox.state import PinterestState
from mpcas2_sandbox import here
from mpcas2_sandbox.oauth import BearerError, Grant
from mpcas2_sandbox.windows import Taken

T = TypeVar("T")
API = "/v5"
_PAGE_SIZE = 25
_MAX_PAGE_SIZE = 250
_LISTS = frozenset({"creative_types", "pin_ids"})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reply:
    """The answer to a call.

    Attributes:
        body: Its JSON; None sends an empty body.
        status: The HTTP status.
    """

    body: Any = None
    status: int = 200


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

    state: PinterestState
    request: Request
    raw: bytes
    grant: Grant[Pinner]
    now: datetime

    @property
    def pinner(self) -> Pinner:
        """Who calls."""
        return self.grant.account

    @property
    def here(self) -> str:
        """The address under which the client reached the network."""
        return here(self.request)

    def query(self, name: str, fallback: str = "", allowed: Collection[str] = ()) -> str:
        """Returns a parameter of the query.

        Args:
            name: Its name.
            fallback: What counts where it is absent.
            allowed: The values that there are; none allows all.

        Raises:
            Refused: It has another value.
        """
        value: str = self.request.query_params.get(name, fallback)
        if allowed and value not in allowed:
            raise invalid(f"'{name}' value '{value}' must be one of {', '.join(sorted(allowed))}")
        return value

    def json(self, wanted: type[T]) -> T:
        """Returns the JSON body.

        Raises:
            Refused: It is not JSON, or not of that shape.
        """
        kind = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise invalid("Invalid request: the content type must be application/json")
        try:
            return msgspec.json.decode(self.raw, type=wanted)
        except msgspec.DecodeError as error:
            raise invalid(f"Invalid request: {error}") from error

    def number(self, name: str) -> str:
        """Returns an identifier in the path.

        Raises:
            Refused: It has other signs than digits.
        """
        value: str = self.request.path_params[name]
        if not (value.isascii() and value.isdecimal()):
            raise invalid(f"'{name}' value '{value}' must match the pattern: ^\\d+$")
        return value

    def has(self, *scopes: str) -> bool:
        """Tells whether the token has every one of some scopes."""
        return set(scopes) <= set(self.grant.scopes)

    def board(self, board_id: str) -> Board:
        """Returns a board that the caller may use and see.

        Raises:
            Refused: There is none.
        """
        board = self.state.pinners.board(board_id)
        if board is None or not board.is_open_to(self.pinner) or not self.sees(board):
            raise no_board()
        return board

    def sees(self, board: Board) -> bool:
        """Tells whether the token shows a board, where it is secret."""
        return board.privacy != "SECRET" or self.has("boards:read_secret")

    def pin(self) -> Pin:
        """Returns the Pin that the path names, if it is on a board of the caller's.

        Raises:
            Refused: There is none.
        """
        pin = self.state.pins.find(self.number("pin_id"))
        if pin is None or not self.sees_pin(pin):
            raise no_pin()
        return pin

    def sees_pin(self, pin: Pin) -> bool:
        """Tells whether the caller sees a Pin."""
        if pin.trial and pin.owner is not self.pinner:
            return False
        if pin.board.privacy == "SECRET" and not self.has("pins:read_secret"):
            return False
        return pin.owner is self.pinner or pin.board.is_open_to(self.pinner)

    def page(self, items: Sequence[T], key: Callable[[T], str]) -> tuple[list[T], str | None]:
        """Returns the asked-for part of a list, and the bookmark of what follows.

        Args:
            items: The whole list.
            key: What a bookmark remembers of an item.

        Raises:
            Refused: Size or bookmark are wrong.
        """
        size = self.query("page_size", str(_PAGE_SIZE))
        if not (size.isascii() and size.isdecimal()):
            raise invalid(f"Parameter 'page_size' was not numeric (was {size})")
        if not 1 <= int(size) <= _MAX_PAGE_SIZE:
            raise invalid(f"'page_size' value {size} must be from 1 to {_MAX_PAGE_SIZE}")
        start = 0
        bookmark = self.query("bookmark")
        if bookmark:
            keys = [key(one) for one in items]
            try:
                start = keys.index(base64.urlsafe_b64decode(bookmark).decode()) + 1
            except (binascii.Error, ValueError) as error:
                raise invalid("Invalid request: 'bookmark' is not valid") from error
        shown = list(items[start : start + int(size)])
        more = start + len(shown) < len(items)
        return shown, base64.urlsafe_b64encode(key(shown[-1]).encode()).decode() if more else None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Method:
    """One route of the API.

    Attributes:
        verb: The HTTP method.
        path: Its path below the version.
        category: Which rate limit counts it.
        scopes: All of which are needed.
        answer: Makes the answer.
        query: The parameters that it knows.
    """

    verb: str
    path: str
    category: str
    scopes: tuple[str, ...]
    answer: Callable[[Call], Awaitable[Reply]]
    query: tuple[str, ...] = ()

    def route(self, state: PinterestState) -> Route:
        """Returns the route over what the network remembers."""

        async def handle(request: Request) -> Response:
            headers: dict[str, str] = {}
            try:
                grant = self._grant(state, request)
                headers = _count(state, self.category, grant)
                self._check_query(request)
                raw = await request.body()
                now = state.core.clock.now()
                reply = await self.answer(
                    Call(state=state, request=request, raw=raw, grant=grant, now=now)
                )
            except Refused as refusal:
                refusal.headers.update(headers)
                return refusal.response()
            if reply.body is None:
                return Response(None, reply.status, headers)
            body = msgspec.json.encode(reply.body)
            return Response(body, reply.status, headers, "application/json")

        return Route(API + self.path, handle, methods=[self.verb])

    def _grant(self, state: PinterestState, request: Request) -> Grant[Pinner]:
        try:
            grant = state.oauth.bearer(request)
        except BearerError as error:
            raise not_authenticated() from error
        if not set(self.scopes) <= set(grant.scopes):
            raise lacks_scope()
        return grant

    def _check_query(self, request: Request) -> None:
        given = [name for name, _ in request.query_params.multi_items()]
        for name in given:
            if name == "ad_account_id":
                raise Refused(404, 2, "AdAccount not found.")
            if name not in self.query or (given.count(name) > 1 and name not in _LISTS):
                raise invalid(f"Invalid request: the parameter '{name}' is unknown or repeated")


def _count(state: PinterestState, category: str, grant: Grant[Pinner]) -> dict[str, str]:
    """Counts a call and returns the headers that tell what is left."""
    owner = f"{grant.account.id}:{grant.client_id}"
    taken = state.windows.take(category, user=owner, app=grant.client_id)
    headers = _headers(taken, state.core.clock.now())
    if not taken.room:
        state.throttled += 1
        raise throttled(headers)
    return headers


def _headers(taken: Taken, now: datetime) -> dict[str, str]:
    room = taken.tightest
    if room is None:
        return {}
    left = (room.resets_at - now).total_seconds()
    return {
        "X-RateLimit-Limit": str(room.limit),
        "X-RateLimit-Remaining": str(room.left),
        "X-RateLimit-Reset": str(max(0, int(-(-left // 1)))),
    }
