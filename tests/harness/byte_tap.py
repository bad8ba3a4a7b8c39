"""A tap in the line between workers and a network: it stops after so many bytes, amid a request."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

__all__ = ("ByteTap",)

START_SECONDS = 10.0
PIECE = 16 * 1024


class ByteTap:
    """A proxy for TCP connections, in a thread of its own.

    Args:
        url: The real server's address.
    """

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="byte tap", daemon=True)
        self._port: Future[int] = Future()
        self._stopping = asyncio.Event()
        self._lock = threading.Lock()
        self._left: int | None = None
        self._reached = threading.Event()
        self._pairs: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The address for the workers."""
        return f"http://127.0.0.1:{self._port.result(START_SECONDS)}"

    def stop_after(self, count: int) -> None:
        """Orders that nothing more is passed on to the server once it got so many bytes from now."""
        with self._lock:
            self._reached.clear()
            self._left = count

    def reached(self) -> bool:
        """Tells whether the server got that many."""
        return self._reached.is_set()

    def go_on(self) -> None:
        """Takes the order back; connections that were stopped are closed first."""
        asyncio.run_coroutine_threadsafe(self._cut_all(), self._loop).result(START_SECONDS)
        with self._lock:
            self._left = None
            self._reached.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        self._port.result(START_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(START_SECONDS)

    def _serve(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port.set_result(server.sockets[0].getsockname()[1])
        async with server:
            await self._stopping.wait()
            server.close()
            await self._cut_all()

    async def _cut_all(self) -> None:
        for pair in list(self._pairs):
            pair.cancel()
        await asyncio.gather(*self._pairs, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = asyncio.create_task(self._couple(reader, writer))
        self._pairs.add(pair)
        pair.add_done_callback(self._pairs.discard)

    async def _couple(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            with contextlib.suppress(OSError):
                server_reader, server_writer = await asyncio.open_connection(
                    self._target.hostname, self._target.port
                )
                writers.append(server_writer)
                ways = [
                    asyncio.create_task(self._forward(reader, server_writer, counted=True)),
                    asyncio.create_task(self._forward(server_reader, writer, counted=False)),
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
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, counted: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                if counted and not self._may_pass(len(piece)):
                    # Until somebody cuts the line.
                    await asyncio.Event().wait()
                writer.write(piece)
                await writer.drain()

    def _may_pass(self, size: int) -> bool:
        with self._lock:
            if self._left is None:
                return True
            self._left -= size
            if self._left < 0:
                self._reached.set()
            return self._left >= 0
