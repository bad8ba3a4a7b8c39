"""Daily limits: how often a member, or the whole app, may call a route between two midnights."""

from datetime import UTC, date
from typing import Annotated, Literal

import msgspec

from mpcas2_sandbox.clock import SandboxClock

Owner = Literal["member", "app"]


class DayLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit.

    Args:
        route: The calls that it counts, such as ``POST /rest/posts``.
        limit: How many there may be on one day of UTC; None lifts the limit.
        per: Whether each member, or the whole app, is counted.
    """

    route: str
    limit: Annotated[int, msgspec.Meta(ge=0)] | None
    per: Owner = "member"


# LinkedIn shows its figures in the developer portal only; 150 posts a day is an old one.
FIRST_LIMITS = (DayLimit(route="POST /rest/posts", limit=150),)


class DayLimits:
    """The limits of all routes, and what was used of them today.

    Args:
        clock: Its midnight (UTC) frees everything.
        routes: The routes that there are.
    """

    def __init__(self, clock: SandboxClock, routes: tuple[str, ...]) -> None:
        self._clock = clock
        self._routes = routes
        self._limits: dict[tuple[str, Owner], DayLimit] = {
            (one.route, one.per): one for one in FIRST_LIMITS
        }
        self._used: dict[tuple[str, Owner, str, date], int] = {}

    def all(self) -> list[DayLimit]:
        """Returns every limit as it is set."""
        return list(self._limits.values())

    def change(self, limit: DayLimit) -> None:
        """Sets one limit; what was used of it counts on.

        Raises:
            ValueError: There is no such route; the message names those that there are.
        """
        if limit.route not in self._routes:
            known = ", ".join(sorted(self._routes))
            raise ValueError(f"there is no route {limit.route!r}; known: {known}")
        self._limits[limit.route, limit.per] = limit

    def take(self, route: str, member: str, app: str) -> Owner | None:
        """Counts one call, or returns whose limit is used up; then nothing is counted.

        Args:
            route: The route that is called.
            member: The caller's id.
            app: The client's id.
        """
        today = self._clock.now().astimezone(UTC).date()
        keys: list[tuple[str, Owner, str, date]] = [
            (route, "member", member, today),
            (route, "app", app, today),
        ]
        for key in keys:
            limit = self._limits.get((route, key[1]))
            most = None if limit is None else limit.limit
            if most is not None and self._used.get(key, 0) >= most:
                return key[1]
        for key in keys:
            self._used[key] = self._used.get(key, 0) + 1
        return None
