"""The log of the requests that reached a practice network."""

from collections import deque
from datetime import datetime
from typing import Literal

import msgspec

from mpcas2_sandbox.clock import timestamp

MAX_ENTRIES = 200_000

Outcome = Literal["open", "answered", "cut", "client_gone"]


class LoggedRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One request as the log shows it.

    Args:
        number: Counts all requests since the start or the last reset, from 1.
        at: When its body had arrived, on the practice network's clock.
        method: The HTTP method.
        path: The decoded path.
        query: The query as it was sent.
        operation: The network's own name for it.
        authorization: The scheme of the Authorization header with ``[redacted]``, or None.
        body_sha256: The body's SHA-256 in hexadecimal digits.
        body_bytes: The body's length.
        fault: The action of the fault rule that picked it, or None.
        status: The status of the answer that was made; None when there was none (yet).
        outcome: ``answered``; ``cut`` by a fault or a release; ``client_gone`` when nobody was
            there to take the answer; ``open`` until then.
    """

    number: int
    at: str
    method: str
    path: str
    query: str
    operation: str
    authorization: str | None
    body_sha256: str
    body_bytes: int
    fault: str | None
    status: int | None
    outcome: Outcome


class OpenRequest:
    """A request on its way; the log keeps it and shows whatever it has become."""

    __slots__ = (
        "at",
        "authorization",
        "body_bytes",
        "body_sha256",
        "fault",
        "method",
        "number",
        "operation",
        "outcome",
        "path",
        "query",
        "status",
    )

    def __init__(
        self,
        *,
        number: int,
        at: datetime,
        method: str,
        path: str,
        query: str,
        operation: str,
        authorization: str | None,
        body_sha256: str,
        body_bytes: int,
    ) -> None:
        self.number = number
        self.at = at
        self.method = method
        self.path = path
        self.query = query
        self.operation = operation
        self.authorization = authorization
        self.body_sha256 = body_sha256
        self.body_bytes = body_bytes
        self.fault: str | None = None
        self.status: int | None = None
        self.outcome: Outcome = "open"

    def shown(self) -> LoggedRequest:
        """Returns the request as it is now."""
        return LoggedRequest(
            number=self.number,
            at=timestamp(self.at),
            method=self.method,
            path=self.path,
            query=self.query,
            operation=self.operation,
            authorization=self.authorization,
            body_sha256=self.body_sha256,
            body_bytes=self.body_bytes,
            fault=self.fault,
            status=self.status,
            outcome=self.outcome,
        )


class RequestLog:
    """Keeps the last requests in the order of their arrival and counts all of them."""

    def __init__(self) -> None:
        self._entries: deque[OpenRequest] = deque(maxlen=MAX_ENTRIES)
        self.count = 0

    def next_number(self) -> int:
        """Returns the number of the request that arrives now."""
        self.count += 1
        return self.count

    def add(self, entry: OpenRequest) -> None:
        """Appends a request that has just arrived."""
        self._entries.append(entry)

    def list(self, *, after: int = 0) -> list[LoggedRequest]:
        """Returns the kept requests whose number is greater than ``after``."""
        return [entry.shown() for entry in self._entries if entry.number > after]

    def clear(self) -> None:
        """Forgets every request and counts from 1 again."""
        self._entries.clear()
        self.count = 0
