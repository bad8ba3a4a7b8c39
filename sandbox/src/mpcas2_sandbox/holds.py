"""Held requests: they wait before or after their effect until somebody releases them."""

import asyncio
from typing import Literal

import msgspec

from mpcas2_sandbox.connection import Connection
from mpcas2_sandbox.request_log import OpenRequest

Phase = Literal["before", "after"]
Release = Literal["continue", "cut"]


class HeldRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A request that waits for its release.

    Args:
        id: The number to release it by.
        number: Its number in the request log.
        method: The HTTP method.
        path: The decoded path.
        operation: The network's own name for it.
        phase: ``before`` its effect or ``after`` it.
        client_gone: Whether the client closed its connection while the request waited.
    """

    id: int
    number: int
    method: str
    path: str
    operation: str
    phase: Phase
    client_gone: bool


class _Waiting:
    """A held request, its connection and the future that its release settles."""

    def __init__(self, request: OpenRequest, phase: Phase, connection: Connection | None) -> None:
        self.request = request
        self.phase = phase
        self.connection = connection
        self.released: asyncio.Future[Release] = asyncio.get_running_loop().create_future()


class HoldingRoom:
    """The requests that wait at this moment, by their ids."""

    def __init__(self) -> None:
        self._waiting: dict[int, _Waiting] = {}
        self._last = 0

    async def hold(
        self, request: OpenRequest, phase: Phase, connection: Connection | None
    ) -> Release:
        """Waits until the request is released and returns how.

        The wait does not end when the client goes away: a network does not learn that its client
        has died, and a request that is on its way may take effect long after.
        """
        self._last += 1
        held_id = self._last
        waiting = _Waiting(request, phase, connection)
        self._waiting[held_id] = waiting
        try:
            return await waiting.released
        finally:
            del self._waiting[held_id]

    def release(self, held_id: int, how: Release) -> bool:
        """Releases one request and returns whether it was waiting."""
        waiting = self._waiting.get(held_id)
        if waiting is None or waiting.released.done():
            return False
        waiting.released.set_result(how)
        return True

    def release_all(self, how: Release) -> int:
        """Releases every waiting request and returns how many there were."""
        return sum(self.release(held_id, how) for held_id in list(self._waiting))

    def list(self) -> list[HeldRequest]:
        """Returns the waiting requests in the order in which they were stopped."""
        return [
            HeldRequest(
                id=held_id,
                number=waiting.request.number,
                method=waiting.request.method,
                path=waiting.request.path,
                operation=waiting.request.operation,
                phase=waiting.phase,
                client_gone=waiting.connection is not None and waiting.connection.is_closing(),
            )
            for held_id, waiting in self._waiting.items()
            if not waiting.released.done()
        ]
