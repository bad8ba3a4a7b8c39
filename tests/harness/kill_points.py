"""The points at which a worker is killed: every ledger write, its commit, and every network call.

The points are not written down anywhere: a dry run of a post shows them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec
from tap import Exchange, Hold, PostgresTap, When
from waiting import until

from mpcas2_sandbox import Control, FaultRule, LoggedRequest

__all__ = ("Armed", "KillPoint", "arm", "points_of_requests", "points_of_trace")

Where = Literal["statement", "commit", "request"]

# Statements that write what the promise "never twice" rests on.
LEDGER_TAGS = frozenset({"offer", "claim", "load", "open", "journal", "mark", "settle"})
# The dispatcher repeats its offers for as long as it runs; one of them is like the other.
ONCE = frozenset({"offer", "claim"})
FINAL_REQUEST = "putRecord"


class KillPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A moment in a worker's life.

    Attributes:
        where: At a statement, at the COMMIT after it, or at a request to the network.
        name: The statement's tag, or the last part of the request's path.
        nth: Which one of that name, from 1.
        when: Before the server gets it, or after its answer was made and before it is received.
        late: The request is on its way while the worker dies, and arrives when all is over.
    """

    where: Where
    name: str
    nth: int
    when: When
    late: bool = False

    def __str__(self) -> str:
        """Tells it in words."""
        what = f"COMMIT of {self.name}" if self.where == "commit" else self.name
        return f"{self.when} {what} {self.nth}{', arrives late' if self.late else ''}"

    @property
    def part(self) -> int:
        """Position of the part that is being worked on, for posts with one call of each per part."""
        return self.nth - 1

    def outcomes(self) -> list[str]:
        """Gives what the ledger of that part has to show once another worker has finished it."""
        after_commit = self.where == "commit" and self.when == "after"
        if self.name in {"offer", "claim", "load"} or (self.name == "open" and not after_commit):
            return ["published"]
        if self.name == "settle":
            return ["published"] if after_commit else ["unreported", "found"]
        if self.name == FINAL_REQUEST and self.when == "after":
            return ["unreported", "found"]
        if self.name == FINAL_REQUEST or (self.name == "mark" and after_commit):
            return ["unreported", "absent", "published"]
        return ["interrupted", "published"]


class Armed(Protocol):
    """A point that waits for its worker."""

    def wait(self) -> None:
        """Returns when the worker is there."""

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
        if label not in ONCE:
            last[exchange.connection] = (label, counts[label])
    return points


def points_of_requests(requests: Sequence[LoggedRequest]) -> list[KillPoint]:
    """Gives the points of a dry run at the network, in their order."""
    points: list[KillPoint] = []
    counts: Counter[str] = Counter()
    for request in requests:
        name = request.path.rpartition(".")[2]
        counts[name] += 1
        points += _both("request", name, counts[name])
        if name == FINAL_REQUEST:
            points.append(
                KillPoint(where="request", name=name, nth=counts[name], when="before", late=True)
            )
    return points


def arm(point: KillPoint, tap: PostgresTap, control: Control) -> Armed:
    """Sets a trap at a point, for the next worker that comes there."""
    if point.where == "request":
        return _RequestTrap(point, control)
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

    def wait(self) -> None:
        self._hold.wait()

    def drop(self) -> None:
        self._hold.drop()

    def release(self) -> None:
        self._hold.release()


class _RequestTrap:
    def __init__(self, point: KillPoint, control: Control) -> None:
        self._control = control
        # Requests of workers that died before are on their way as well.
        self._others = {held.id for held in control.held()}
        action: Literal["hold_before", "hold_after"] = (
            "hold_before" if point.when == "before" else "hold_after"
        )
        control.add_fault(
            FaultRule(action=action, path=rf"\.{re.escape(point.name)}$", after=point.nth - 1)
        )
        self._held = 0

    def wait(self) -> None:
        mine = until(
            lambda: [held.id for held in self._control.held() if held.id not in self._others],
            why="a request to be held",
        )
        self._held = mine[0]

    def drop(self) -> None:
        self._control.release(self._held, "cut")
        self._control.clear_faults()

    def release(self) -> None:
        self._control.release(self._held)
        self._control.clear_faults()
