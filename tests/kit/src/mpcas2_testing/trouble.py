"""Trouble on the adapter's own side: a client that fails, a process that dies, a task that is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import httpx

__all__ = ("Died", "LostPart", "Trouble", "TroubledTransport")


class Died(BaseException):
    """Plays the end of the process: like one, it is no ``Exception`` that an adapter could catch."""


class LostPart(Exception):
    """What ``record`` raises when the part is no longer this worker's."""


@dataclass(kw_only=True)
class Trouble:
    """What goes wrong at one request or at one write to the journal, both counted from 1.

    Attributes:
        request: Which request is met; 0 for none.
        when: Before the request leaves, or after it took effect and its answer came.
        fails: Makes what the client raises; None lets the request hang until it is cancelled.
        write: Which write to the journal is met; 0 for none.
        stored: Whether that write still happens.
        write_fails: Makes what ``record`` raises.
        requests: How many requests there were.
        writes: How many writes there were.
        hanging: Set once a request hangs.
    """

    request: int = 0
    when: Literal["before", "after"] = "before"
    fails: Callable[[httpx.Request], BaseException] | None = None
    write: int = 0
    stored: bool = True
    write_fails: Callable[[], BaseException] = Died
    requests: int = 0
    writes: int = 0
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def met(self) -> bool:
        """Whether there was such a request or write."""
        return (0 < self.request <= self.requests) or (0 < self.write <= self.writes)

    async def strike(self, request: httpx.Request) -> None:
        """Raises or hangs."""
        if self.fails is not None:
            raise self.fails(request)
        self.hanging.set()
        await asyncio.Event().wait()


class TroubledTransport(httpx.AsyncBaseTransport):
    """Sends requests as they are, but for the one that meets trouble.

    Args:
        inner: Sends them.
        trouble: Counts them, over all transports that share it.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, trouble: Trouble) -> None:
        self._inner = inner
        self._trouble = trouble

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request."""
        trouble = self._trouble
        trouble.requests += 1
        struck = trouble.requests == trouble.request
        if struck and trouble.when == "before":
            await trouble.strike(request)
        response = await self._inner.handle_async_request(request)
        if struck and trouble.when == "after":
            await response.aclose()
            await trouble.strike(request)
        return response

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._inner.aclose()
