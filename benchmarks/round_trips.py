"""Counts what PostgreSQL is asked, at the connection: a relay that reads the frontend protocol.

Source: PostgreSQL 18, chapter "Frontend/Backend Protocol". A round trip is a Query message, or a
batch up to a Sync that holds an Execute; a batch of Parse and Describe alone is preparation.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

# The start-up message has no type byte.
_LENGTH = 4
_HEADER = 5


class Relay:
    """A running relay.

    Attributes:
        port: Where it listens.
        trace: Statements in the order in which they were sent, with the connection's number.
    """

    def __init__(self) -> None:
        self.port = 0
        self.trace: list[tuple[int, str]] = []


@contextlib.asynccontextmanager
async def relay(host: str, port: int) -> AsyncIterator[Relay]:
    """Relays connections to PostgreSQL for the length of an ``async with`` block."""
    running, count, tasks = Relay(), 0, set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        count += 1
        number = count
        up_reader, up_writer = await asyncio.open_connection(host, port)
        batch = _Batches(lambda text: running.trace.append((number, text)))
        pumps = [
            asyncio.create_task(_pump(reader, up_writer, batch.feed)),
            asyncio.create_task(_pump(up_reader, writer, None)),
        ]
        tasks.update(pumps)
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, up_writer):
            end.close()
        await asyncio.gather(*pumps, return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pump(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, seen: Callable[[bytes], None] | None
) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            if seen is not None:
                seen(data)
            target.write(data)
            await target.drain()


class _Batches:
    """Cuts what a client sends into messages and messages into round trips."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self._buffer = b""
        self._started = False
        self._texts: dict[bytes, str] = {}
        self._bound = b""
        self._executed: list[str] = []

    def feed(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head = _HEADER if self._started else _LENGTH
            if len(self._buffer) < head:
                return
            size = int.from_bytes(self._buffer[head - _LENGTH : head], "big") + head - _LENGTH
            if len(self._buffer) < size:
                return
            message, self._buffer = self._buffer[:size], self._buffer[size:]
            if self._started:
                self._take(message[:1], message[_HEADER:])
            else:
                # A request for TLS is answered with "no" and followed by the real start.
                self._started = message[_LENGTH:8] != (80877103).to_bytes(4, "big")

    def _take(self, kind: bytes, body: bytes) -> None:
        if kind == b"Q":
            self._note(body.rstrip(b"\0").decode())
        elif kind == b"P":
            name, text, _ = body.split(b"\0", 2)
            self._texts[name] = text.decode()
        elif kind == b"B":
            _, self._bound, _ = body.split(b"\0", 2)
        elif kind == b"E":
            self._executed.append(self._texts.get(self._bound, "?"))
        elif kind == b"S" and self._executed:
            self._note(" + ".join(self._executed))
            self._executed = []
