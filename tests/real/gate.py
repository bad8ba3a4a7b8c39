"""A TCP gate in front of a server, which stops one call's request or answer on its way."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

__all__ = ("Gate",)

Stop = Literal["request", "answer"]
START_SECONDS = 30.0


class Gate:
    """Passes everything on, and loses the request or the answer of the next call that is asked for.

    Args:
        url: Base address of the server.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._wanted: tuple[bytes, Stop] | None = None
        self._reached, self._go = threading.Event(), threading.Event()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._go.set()
        # A close alone does not wake who waits in accept() or recv().
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(START_SECONDS)

    def lose(self, stop: Stop, method: str, *, hold: bool = False) -> None:
        """Loses the request, or the answer, of the next call of a method, once.

        Args:
            stop: A lost request never arrives; a lost answer means that the call took effect.
            method: Name in the path of the call.
            hold: The connection stays open until :meth:`let_go`, as if the network were slow.
        """
        self._reached.clear()
        if hold:
            self._go.clear()
        else:
            self._go.set()
        with self._lock:
            self._wanted = (f"/xrpc/{method} ".encode(), stop)

    def wait_reached(self) -> None:
        """Waits until the call is stopped; an answer that is stopped has left the server.

        Raises:
            TimeoutError: It did not come.
        """
        if not self._reached.wait(START_SECONDS):
            raise TimeoutError("the call did not come to the gate")

    def let_go(self) -> None:
        """Closes the connection that is held."""
        self._go.set()

    def _spawn(self, work: object, *given: object) -> None:
        thread = threading.Thread(target=work, args=given, name="gate", daemon=True)  # type: ignore[arg-type]  # any of the methods below
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                self._sockets += (client, server)
                loses_answer = threading.Event()
                self._spawn(self._requests, client, server, loses_answer)
                self._spawn(self._answers, client, server, loses_answer)

    def _requests(
        self, client: socket.socket, server: socket.socket, loses_answer: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                stop = self._take(data)
                if stop == "request":
                    self._stop()
                    break
                if stop == "answer":
                    loses_answer.set()
                server.sendall(data)
        _end(client, server)

    def _answers(
        self, client: socket.socket, server: socket.socket, loses_answer: threading.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if loses_answer.is_set():
                    self._stop()
                    break
                client.sendall(data)
        _end(client, server)

    def _take(self, data: bytes) -> Stop | None:
        with self._lock:
            if self._wanted is None or self._wanted[0] not in data:
                return None
            stop, self._wanted = self._wanted[1], None
            return stop

    def _stop(self) -> None:
        self._reached.set()
        self._go.wait(START_SECONDS)


def _end(*sockets: socket.socket) -> None:
    for one in sockets:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
