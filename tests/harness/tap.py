"""A tap in the line between workers and PostgreSQL: it counts, traces and stops the traffic.

A test puts it in by giving the workers :attr:`PostgresTap.url`. It then sees each round trip by the tag
of its statement (``/* mpcas2:mark */``), and can stop one of them before the server gets it, or after
the server has answered and before the client learns of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from concurrent.futures import Future
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

import msgspec
from pg_wire import SSL_REQUEST, Batch, StatementNames, read_message, read_start

__all__ = ("Exchange", "Hold", "PostgresTap", "When")

When = Literal["before", "after"]
Decision = Literal["continue", "drop"]

START_SECONDS = 10.0


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One round trip.

    Attributes:
        connection: Counts the connections through the tap, from 1.
        label: The statement's tag; BEGIN, COMMIT or ROLLBACK; else the statement's first words.
    """

    connection: int
    label: str


class Hold:
    """An order to stop one round trip, and the stopped round trip.

    Args:
        tag: Tag of the statement.
        nth: Which run of it, from 1, counted from the order on.
        when: Before the server gets it, or after the server answered.
        commit: Stop the COMMIT that follows the statement on its connection instead.
    """

    def __init__(self, tag: str, nth: int, when: When, *, commit: bool) -> None:
        self.tag = tag
        self.when = when
        self._nth = nth
        self._commit = commit
        self._seen = 0
        self._connection = 0
        self._taken = False
        self._reached = threading.Event()
        self._decision: Future[Decision] = Future()

    @property
    def reached(self) -> bool:
        """Whether the round trip is stopped."""
        return self._reached.is_set()

    def wait(self, seconds: float = 20.0) -> None:
        """Waits until the round trip is stopped.

        Raises:
            TimeoutError: It did not come.
        """
        if not self._reached.wait(seconds):
            raise TimeoutError(f"no {self.tag} came to be held within {seconds} s")

    def release(self) -> None:
        """Lets it go on."""
        if not self._decision.done():
            self._decision.set_result("continue")

    def drop(self) -> None:
        """Closes the connection on both sides instead."""
        if not self._decision.done():
            self._decision.set_result("drop")

    def picks(self, connection: int, label: str) -> bool:
        """Tells whether this is the round trip; it says so once."""
        if self._taken:
            return False
        if self._commit and self._connection:
            self._taken = connection == self._connection and label == "COMMIT"
            return self._taken
        if label != self.tag:
            return False
        self._seen += 1
        if self._seen < self._nth:
            return False
        if self._commit:
            self._connection = connection
            return False
        self._taken = True
        return True

    async def stop_here(self) -> Decision:
        """Tells the test, and waits for what it decides."""
        self._reached.set()
        return await asyncio.wrap_future(self._decision)


class PostgresTap:
    """A proxy for PostgreSQL connections without TLS, in a thread of its own.

    Args:
        url: The real server's address with database and credentials.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="postgres tap", daemon=True)
        self._port: Future[int] = Future()
        self._stopping = asyncio.Event()
        self._lock = threading.Lock()
        self._trace: list[Exchange] = []
        self._holds: list[Hold] = []
        self._connections = 0
        self._pairs: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address for the workers."""
        target = self._target
        credentials = target.netloc.rpartition("@")[0]
        netloc = f"{credentials}@127.0.0.1:{self._port.result(START_SECONDS)}"
        return target._replace(netloc=netloc, query="sslmode=disable").geturl()

    def trace(self) -> list[Exchange]:
        """Gives the round trips so far, heartbeats among them."""
        with self._lock:
            return list(self._trace)

    def clear(self) -> None:
        """Forgets the round trips so far."""
        with self._lock:
            self._trace.clear()

    def hold(self, tag: str, *, nth: int = 1, when: When = "before", commit: bool = False) -> Hold:
        """Orders that a round trip is stopped.

        Args:
            tag: Tag of the statement, without ``mpcas2:``.
            nth: Which run of it, from 1, counted from now.
            when: Before the server gets it, or after the server answered.
            commit: Stop the COMMIT that follows the statement on its connection instead.
        """
        order = Hold(tag, nth, when, commit=commit)
        with self._lock:
            self._holds.append(order)
        return order

    def clear_holds(self) -> None:
        """Takes every order back; what is stopped loses its connection."""
        with self._lock:
            orders, self._holds = self._holds, []
        for order in orders:
            order.drop()

    def start(self) -> Self:
        """Starts to listen."""
        self._thread.start()
        self._port.result(START_SECONDS)
        return self

    def stop(self) -> None:
        """Closes every connection."""
        self.clear_holds()
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(START_SECONDS)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port.set_result(server.sockets[0].getsockname()[1])
        async with server:
            await self._stopping.wait()
            server.close()
            for pair in list(self._pairs):
                pair.cancel()
            await asyncio.gather(*self._pairs, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        pair = asyncio.create_task(self._couple(self._connections, reader, writer))
        self._pairs.add(pair)
        pair.add_done_callback(self._pairs.discard)

    async def _couple(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, port = self._target.hostname or "127.0.0.1", self._target.port or 5432
        writers = [writer]
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                code, start = await read_start(reader)
                while code == SSL_REQUEST:
                    writer.write(b"N")
                    code, start = await read_start(reader)
                server_reader, server_writer = await asyncio.open_connection(host, port)
                writers.append(server_writer)
                server_writer.write(start)
                expected: deque[Hold | None] = deque()
                ways = [
                    asyncio.create_task(self._forward(number, reader, server_writer, expected)),
                    asyncio.create_task(_backward(server_reader, writer, expected)),
                ]
                try:
                    # Whichever side ends first ends both.
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
        finally:
            for one in writers:
                one.transport.abort()

    async def _forward(
        self,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        expected: deque[Hold | None],
    ) -> None:
        names = StatementNames()
        while True:
            batch = names.take(*await read_message(reader))
            if batch is None:
                continue
            order = self._note(number, batch)
            if order is not None and order.when == "before":
                if await order.stop_here() == "drop":
                    return
                order = None
            if batch.answered:
                expected.append(order)
            writer.write(batch.raw)
            await writer.drain()

    def _note(self, number: int, batch: Batch) -> Hold | None:
        if not batch.runs:
            return None
        with self._lock:
            self._trace.append(Exchange(connection=number, label=batch.label))
            picked = [order for order in self._holds if order.picks(number, batch.label)]
        return picked[0] if picked else None


async def _backward(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, expected: deque[Hold | None]
) -> None:
    answer = b""
    while True:
        kind, payload = await read_message(reader)
        answer += kind + (len(payload) + 4).to_bytes(4, "big") + payload
        order = expected[0] if expected else None
        if kind == b"Z":
            if expected:
                expected.popleft()
            if order is not None and await order.stop_here() == "drop":
                return
        elif order is not None:
            # The whole answer is held, not only its end.
            continue
        writer.write(answer)
        answer = b""
        await writer.drain()
