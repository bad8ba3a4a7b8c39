"""Rate limits: how many calls of a route a user, or the whole app, may make in a window."""

import dataclasses
from typing import Annotated, Literal

import msgspec

from mpcas2_sandbox.clock import SandboxClock

_QUARTER = 900
_DAY = 86_400


class Window(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit.

    Args:
        route: The calls that it counts, such as ``POST /2/tweets``.
        limit: How many there may be in a window; None lifts the limit.
        seconds: The window's length; it begins with the first call.
        per: Whether each user, or the whole app, has a window of its own.
    """

    route: str
    limit: Annotated[int, msgspec.Meta(ge=0)] | None
    seconds: Annotated[float, msgspec.Meta(gt=0)] = _QUARTER
    per: Literal["user", "app"] = "user"


FIRST_WINDOWS = (
    Window(route="POST /2/tweets", limit=100),
    Window(route="POST /2/tweets", limit=10_000, seconds=_DAY, per="app"),
    Window(route="DELETE /2/tweets/{id}", limit=50),
    Window(route="GET /2/users/{id}/tweets", limit=900),
    Window(route="GET /2/users/me", limit=75),
    Window(route="GET /2/tweets", limit=900),
)


@dataclasses.dataclass
class _Count:
    ends: float
    used: int = 0


class RateLimits:
    """The windows of all routes and what was used of them.

    Args:
        clock: The windows end by it.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._windows = {(one.route, one.per): one for one in FIRST_WINDOWS}
        self._counts: dict[tuple[str, str, str], _Count] = {}

    def all(self) -> list[Window]:
        """Returns every window as it is set."""
        return list(self._windows.values())

    def change(self, window: Window) -> None:
        """Sets one window; what was used of it before is forgotten."""
        self._windows[window.route, window.per] = window
        for key in [key for key in self._counts if key[:2] == (window.route, window.per)]:
            del self._counts[key]

    def take(self, route: str, user: str, app: str) -> tuple[bool, dict[str, str]]:
        """Counts one call, and tells whether there was room and what the headers say.

        The headers are those of the window with the least room.

        Args:
            route: The route that is called.
            user: The account's id.
            app: The client's id.
        """
        now = self._clock.now().timestamp()
        met: list[tuple[Window, int, _Count]] = []
        for per, owner in (("user", user), ("app", app)):
            window = self._windows.get((route, "user" if per == "user" else "app"))
            if window is None or window.limit is None:
                continue
            key = (route, per, owner)
            count = self._counts.get(key)
            if count is None or now >= count.ends:
                count = self._counts[key] = _Count(now + window.seconds)
            met.append((window, window.limit, count))
        room = all(count.used < limit for _, limit, count in met)
        for _, _, count in met:
            count.used += room
        if not met:
            return True, {}
        _, limit, count = min(met, key=lambda one: one[1] - one[2].used)
        return room, {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(limit - count.used),
            "x-rate-limit-reset": str(int(-(-count.ends // 1))),
        }
