"""Fault rules: which requests are answered wrongly, how, and how often."""

import re
from typing import Annotated, Any, Literal

import msgspec

Action = Literal[
    "status",
    "status_after",
    "delay",
    "cut_before",
    "cut_after",
    "malformed",
    "truncated",
    "slow",
    "cut_body",
    "duplicate",
    "hold_before",
    "hold_after",
]
NonNegative = Annotated[int, msgspec.Meta(ge=0)]


class FaultRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of the fault book, as the control API takes it.

    Args:
        action: What happens to a request that the rule picks.

            - ``status``: this answer at once; the request takes no effect.
            - ``status_after``: the request takes effect, then this answer instead of the real one.
            - ``delay``: ``seconds`` of waiting, then the ordinary answer.
            - ``cut_before``: the connection is closed without an answer and without an effect.
            - ``cut_after``: the request takes effect, then the connection is closed without answer.
            - ``malformed``: the request takes effect, then status 200 with broken JSON.
            - ``truncated``: the request takes effect, then half of the body and a closed connection.
            - ``slow``: the ordinary answer, whose body trickles over ``seconds``.
            - ``cut_body``: the connection is closed while the request's body is read; no effect.
            - ``duplicate``: the request takes effect twice, as behind a proxy that repeats it; the
              answer is the second one.
            - ``hold_before``, ``hold_after``: the request waits, before or after its effect, until
              the control API releases it.
        path: A regular expression that is searched in the decoded path.
        method: The HTTP method, or None for any.
        after: How many matching requests pass untouched first.
        times: How many requests the rule picks after that; None means for ever.
        status: The status of ``status`` and ``status_after``.
        body: The JSON body of ``status`` and ``status_after``; None sends an empty body. If it is
            left out, a network that ``SpeaksErrors`` gives its own, and others send an empty one.
        headers: More headers of ``status`` and ``status_after``.
        seconds: How long ``delay`` waits, or ``slow`` takes.
    """

    action: Action
    path: str = ""
    method: str | None = None
    after: NonNegative = 0
    times: NonNegative | None = 1
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 500
    body: Any = msgspec.UNSET
    headers: dict[str, str] = {}
    seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0


class FaultStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A rule in the book with its number and what it did so far.

    Args:
        id: The rule's number, unique until the next start of the process.
        rule: The rule as it was added.
        seen: How many requests matched its method and path.
        applied: How many of those it picked.
    """

    id: int
    rule: FaultRule
    seen: int
    applied: int


class _Entry:
    """A rule in the book and its counters."""

    def __init__(self, number: int, rule: FaultRule) -> None:
        self.number = number
        self.rule = rule
        self.pattern = re.compile(rule.path)
        self.seen = 0
        self.applied = 0

    def picks(self, method: str, path: str) -> bool:
        rule = self.rule
        if rule.method is not None and rule.method.upper() != method:
            return False
        if self.pattern.search(path) is None:
            return False
        self.seen += 1
        if self.seen <= rule.after or (rule.times is not None and self.applied >= rule.times):
            return False
        self.applied += 1
        return True


class FaultBook:
    """The rules in the order in which they were added; the first that picks a request wins."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._last = 0

    def add(self, rule: FaultRule) -> FaultStatus:
        """Adds a rule behind the others and returns it with its number.

        Raises:
            ValueError: The path is not a regular expression.
        """
        try:
            entry = _Entry(self._last + 1, rule)
        except re.error as error:
            raise ValueError(f"path is not a regular expression: {error}") from error
        self._last = entry.number
        self._entries.append(entry)
        return self._status(entry)

    def cuts_body(self, method: str, path: str) -> bool:
        """Tells whether a ``cut_body`` rule picks this request, whose body is not read yet."""
        return any(
            entry.picks(method, path) for entry in self._entries if entry.rule.action == "cut_body"
        )

    def pick(self, method: str, path: str) -> FaultRule | None:
        """Returns the rule for this request, counting it, or None when no rule picks it."""
        for entry in self._entries:
            if entry.rule.action != "cut_body" and entry.picks(method, path):
                return entry.rule
        return None

    def list(self) -> list[FaultStatus]:
        """Returns every rule with its counters."""
        return [self._status(entry) for entry in self._entries]

    def clear(self) -> None:
        """Takes every rule out of the book; requests that are already held stay held."""
        self._entries.clear()

    @staticmethod
    def _status(entry: _Entry) -> FaultStatus:
        return FaultStatus(id=entry.number, rule=entry.rule, seen=entry.seen, applied=entry.applied)
