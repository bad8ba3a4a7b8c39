"""Windows of calls: how many of a route a user, an app or everyone together may make in a time."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mpcas2_sandbox.clock import SandboxClock
from mpcas2_sandbox.control import control_body, control_error, control_json

EVERY_ROUTE = "*"

Owner = Literal["user", "app", "route"]


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit.

    Args:
        route: The calls that it counts, in the network's own words, such as ``POST /2/tweets``;
            ``*`` counts them all.
        limit: How many there may be in a window; None lifts the limit.
        seconds: The window's length.
        per: Whether each user, each app, or the route as a whole has a window of its own.
        rolling: Whether a call frees its place when it is ``seconds`` old. Otherwise the window
            begins with its first call and ends as a whole.
    """

    route: str
    limit: Annotated[int, msgspec.Meta(ge=0)] | None
    seconds: Annotated[float, msgspec.Meta(gt=0)] = 900.0
    per: Owner = "user"
    rolling: bool = False


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of one window.

    Args:
        window: The window.
        limit: How many calls it has.
        used: How many of them are used.
        resets_at: When all of it is free again; of a rolling window, when the oldest call's place
            is.
    """

    window: Window
    limit: int
    used: int
    resets_at: datetime

    @property
    def left(self) -> int:
        """How many calls may still be made."""
        return max(0, self.limit - self.used)

    @property
    def reset_second(self) -> int:
        """The first full second since 1970 at which it is free again, as most headers say it."""
        return int(-(-self.resets_at.timestamp() // 1))


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was room for a call, and what is left now.

    Args:
        room: Whether the call may be made; if not, nothing was counted.
        rooms: Every window that counts the call, the one with the least room first.
    """

    room: bool
    rooms: tuple[Room, ...]

    @property
    def tightest(self) -> Room | None:
        """The window with the least room; None where nothing limits the call."""
        return self.rooms[0] if self.rooms else None


class CallWindows:
    """The windows of all routes and what was used of them.

    Args:
        clock: The windows end by it.
        windows: The limits that hold until the control API changes them.
    """

    def __init__(self, clock: SandboxClock, windows: Iterable[Window]) -> None:
        self._clock = clock
        self._windows = {(one.route, one.per): one for one in windows}
        # When calls were made, with what they cost, by route, kind of owner and owner.
        self._calls: dict[tuple[str, Owner, str], deque[tuple[float, int]]] = {}

    def all(self) -> list[Window]:
        """Returns every window as it is set."""
        return list(self._windows.values())

    def change(self, window: Window) -> None:
        """Sets one window; what was used of it before is forgotten."""
        self._windows[window.route, window.per] = window
        for key in [key for key in self._calls if key[:2] == (window.route, window.per)]:
            del self._calls[key]

    def take(self, route: str, *, user: str = "", app: str = "", cost: int = 1) -> Taken:
        """Counts one call in all its windows if each has room for it.

        Args:
            route: The route that is called.
            user: The account's id.
            app: The client's id.
            cost: How many calls it counts as.
        """
        now = self._clock.now().timestamp()
        met = self._met(route, user, app, now)
        room = all(_used(calls) + cost <= limit for _, limit, calls in met)
        if room:
            for window, _, calls in met:
                if window.rolling or not calls:
                    calls.append((now, cost))
                else:  # a window that ends as a whole needs no more than its beginning and a sum
                    calls[0] = (calls[0][0], calls[0][1] + cost)
        return _taken(room, met, now)

    def look(self, route: str, *, user: str = "", app: str = "") -> Taken:
        """Tells what is left for a call without counting one."""
        now = self._clock.now().timestamp()
        met = self._met(route, user, app, now)
        return _taken(all(_used(calls) < limit for _, limit, calls in met), met, now)

    def _met(
        self, route: str, user: str, app: str, now: float
    ) -> list[tuple[Window, int, deque[tuple[float, int]]]]:
        met: list[tuple[Window, int, deque[tuple[float, int]]]] = []
        owners: tuple[tuple[Owner, str], ...] = (("user", user), ("app", app), ("route", ""))
        for name in (route, EVERY_ROUTE):
            for per, owner in owners:
                window = self._windows.get((name, per))
                if window is None or window.limit is None:
                    continue
                calls = self._calls.setdefault((name, per, owner), deque())
                _forget(calls, window, now)
                met.append((window, window.limit, calls))
        return met


def _forget(calls: deque[tuple[float, int]], window: Window, now: float) -> None:
    if window.rolling:
        while calls and now >= calls[0][0] + window.seconds:
            calls.popleft()
    elif calls and now >= calls[0][0] + window.seconds:
        calls.clear()


def _used(calls: deque[tuple[float, int]]) -> int:
    return sum(cost for _, cost in calls)


def _taken(
    room: bool, met: list[tuple[Window, int, deque[tuple[float, int]]]], now: float
) -> Taken:
    rooms = [
        Room(
            window=window,
            limit=limit,
            used=_used(calls),
            resets_at=datetime.fromtimestamp((calls[0][0] if calls else now) + window.seconds, UTC),
        )
        for window, limit, calls in met
    ]
    return Taken(room=room, rooms=tuple(sorted(rooms, key=lambda one: one.limit - one.used)))


def limits_routes(windows: CallWindows, *, name: str = "limits") -> list[BaseRoute]:
    """Returns the control routes ``GET`` and ``POST /_sandbox/{name}``.

    Args:
        windows: What they show and change.
        name: Their last part.
    """

    async def show(_request: Request) -> Response:
        return control_json({"limits": windows.all()})

    async def change(request: Request) -> Response:
        try:
            window = await control_body(request, Window)
        except ValueError as error:
            return control_error(str(error))
        known = sorted({one.route for one in windows.all()})
        if window.route not in known:
            return control_error(f"no limit counts {window.route!r}; known: {', '.join(known)}")
        windows.change(window)
        return await show(request)

    path = f"/_sandbox/{name}"
    return [Route(path, show, methods=["GET"]), Route(path, change, methods=["POST"])]
