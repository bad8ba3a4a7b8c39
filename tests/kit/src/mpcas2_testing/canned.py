"""A server that answers canned bytes over real sockets, for answers that no practice network gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

__all__ = ("Answer", "CannedServer", "Received", "serve_canned")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server sends.

    Attributes:
        status: HTTP status.
        body: The body's bytes, of whatever kind.
        headers: More headers.
        cut: True to close the connection without an answer.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request that arrived; header names are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class CannedServer:
    """Answers by the last segment of the path, and remembers what it was asked.

    What has no answer gets 501.

    Attributes:
        url: Base address without a slash at the end.
        answers: The answer by the last segment of the path.
        received: All requests, in order.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answers: dict[str, Answer] = {}
        self.received: list[Received] = []

    def answer(
        self,
        name: str,
        body: Any = None,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
        cut: bool = False,
    ) -> None:
        """Sets an answer.

        Args:
            name: Last segment of the path.
            body: Bytes as they are, or a value for JSON; None for an empty object.
            status: HTTP status.
            headers: More headers.
            cut: True to close the connection without an answer.
        """
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        self.answers[name] = Answer(status=status, body=raw, headers=headers or {}, cut=cut)

    def names(self) -> list[str]:
        """Lists the last segment of each request's path, in order."""
        return [request.path.rpartition("/")[2] for request in self.received]


@contextmanager
def serve_canned() -> Iterator[CannedServer]:
    """Runs a server on a free port of this machine, in a thread of this process."""
    server = CannedServer()
    handler = type("Handler", (_Handler,), {"canned": server})
    listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.url = f"http://127.0.0.1:{listener.server_port}"
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Buffered, so that head and body go out in one piece: in two, each answer waits 40 ms for an ACK.
    wbufsize = -1
    disable_nagle_algorithm = True
    canned: CannedServer

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        self.canned.received.append(
            Received(method=self.command, path=path, query=query, headers=headers, body=body)
        )
        missing = Answer(status=501, body=b'{"error":"MethodNotImplemented"}')
        answer = self.canned.answers.get(path.rpartition("/")[2], missing)
        if answer.cut:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Keeps silent: what arrived is in ``received``."""
