"""The points at which a worker is killed: every ledger write, its commit, and every network call.

The points are not written down anywhere: a dry run of a post shows them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec
from practice import Call
from tap import Exchange, Hold, PostgresTap, When

from mpcas2_sandbox import Action, Control, FaultRule, LoggedRequest

__all__ = ("Armed", "KillPoint", "arm", "one_of_each", "points_of_requests", "points_of_trace")

Where = Literal["statement", "commit", "request"]

# Statements that write what the promise "never twice" rests on, and those that count quotas.
LEDGER_TAGS = frozenset(
    {
        "offer",
        "claim",
        "load",
        "open",
        "journal",
        "mark",
        "settle",
        "quota-charge",
        "quota-hold",
        "quota-learn",
    }
)
# The dispatcher repeats its offers for as long as it runs; one of them is like the other.
ONCE = frozenset({"offer", "claim"})
# They write outside of a transaction, so no COMMIT follows them.
ALONE = ONCE | {"quota-charge", "quota-hold", "quota-learn"}


class KillPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A moment in a worker's life.

    Attributes:
        where: At a statement, at the COMMIT after it, or at a request to the network.
        name: The statement's tag, or the name of the call.
        nth: Which one of that name, from 1.
        when: Before the server gets it, or after its answer was made and before it is received.
        late: The request is on its way while the worker dies, and arrives when all is over.
        lives: The worker is not killed; only the request or its answer is lost.
    """

    where: Where
    name: str
    nth: int
    when: When
    late: bool = False
    lives: bool = False

    def __str__(self) -> str:
        """Tells it in words."""
        what = f"COMMIT of {self.name}" if self.where == "commit" else self.name
        if self.lives:
            return f"{'answer of ' if self.when == 'after' else ''}{what} {self.nth} lost"
        return f"{self.when} {what} {self.nth}{', arrives late' if self.late else ''}"


class Armed(Protocol):
    """A point that waits for its worker."""

    def reached(self) -> bool:
        """Tells whether the worker is there."""

    def drop(self) -> None:
        """Lets what was stopped come to nothing (before) or its answer be lost (after)."""

    def release(self) -> None:
        """Lets what was stopped go on."""


def points_of_trace(trace: Sequence[Exchange]) -> list[KillPoint]:
    """Gives the points of a dry run at the database, in their order."""
    points: list[KillPoint] = []
    counts: Counter[str] = Counter()
    last: dict[int, tuple[str, int]] = {}
    for exchange in trace:
        label = exchange.label
        if label == "BEGIN":
            last.pop(exchange.connection, None)
        if label == "COMMIT" and exchange.connection in last:
            name, nth = last.pop(exchange.connection)
            points += _both("commit", name, nth)
        if label not in LEDGER_TAGS:
            continue
        counts[label] += 1
        if label in ONCE and counts[label] > 1:
            continue
        points += _both("statement", label, counts[label])
        if label not in ALONE:
            last[exchange.connection] = (label, counts[label])
    return points


def points_of_requests(
    requests: Sequence[LoggedRequest], calls: Sequence[Call], *, thorough: bool = False
) -> list[KillPoint]:
    """Gives the points of a dry run at the network, in their order.

    Args:
        requests: What the network logged.
        calls: The kinds of requests that are known.
        thorough: Whether any request may arrive late or lose its answer, not only the final ones.

    Raises:
        ValueError: A request is of none of the kinds.
    """
    points: list[KillPoint] = []
    counts: Counter[str] = Counter()
    for request in requests:
        call = next((one for one in calls if one.made(request)), None)
        if call is None:
            raise ValueError(f"no call is known for {request.method} {request.path}")
        counts[call.name] += 1
        nth = counts[call.name]
        points += _both("request", call.name, nth)
        if call.final or thorough:
            points += [
                KillPoint(where="request", name=call.name, nth=nth, when="before", late=True),
                KillPoint(where="request", name=call.name, nth=nth, when="after", lives=True),
            ]
    return points


def one_of_each(points: Sequence[KillPoint]) -> list[KillPoint]:
    """Picks, of points that differ only in their number, the one in the middle."""
    alike: dict[KillPoint, list[KillPoint]] = {}
    for point in points:
        alike.setdefault(msgspec.structs.replace(point, nth=0), []).append(point)
    return [group[len(group) // 2] for group in alike.values()]


def arm(point: KillPoint, tap: PostgresTap, control: Control, calls: Sequence[Call]) -> Armed:
    """Sets a trap at a point, for the next worker that comes there."""
    if point.where == "request":
        return _RequestTrap(point, control, next(one for one in calls if one.name == point.name))
    hold = tap.hold(point.name, nth=point.nth, when=point.when, commit=point.where == "commit")
    return _StatementTrap(hold)


def _both(where: Where, name: str, nth: int) -> list[KillPoint]:
    return [
        KillPoint(where=where, name=name, nth=nth, when="before"),
        KillPoint(where=where, name=name, nth=nth, when="after"),
    ]


class _StatementTrap:
    def __init__(self, hold: Hold) -> None:
        self._hold = hold

    def reached(self) -> bool:
        return self._hold.reached

    def drop(self) -> None:
        self._hold.drop()

    def release(self) -> None:
        self._hold.release()


class _RequestTrap:
    def __init__(self, point: KillPoint, control: Control, call: Call) -> None:
        self._control = control
        # Requests of workers that died before are on their way as well.
        self._others = {held.id for held in control.held()}
        self._lost = point.lives
        if point.lives:
            action: Action = "cut_before" if point.when == "before" else "cut_after"
        else:
            action = "hold_before" if point.when == "before" else "hold_after"
        self._rule = control.add_fault(
            FaultRule(action=action, method=call.method, path=call.path, after=point.nth - 1)
        ).id
        self._held = 0

    def reached(self) -> bool:
        if self._lost:
            return any(one.id == self._rule and one.applied for one in self._control.faults())
        mine = [held.id for held in self._control.held() if held.id not in self._others]
        self._held = mine[0] if mine else 0
        return bool(mine)

    def drop(self) -> None:
        if not self._lost:
            self._control.release(self._held, "cut")
        self._control.clear_faults()

    def release(self) -> None:
        if not self._lost:
            self._control.release(self._held)
        self._control.clear_faults()
