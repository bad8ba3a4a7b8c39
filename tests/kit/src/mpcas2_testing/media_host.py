"""Serves the files of contexts under addresses that nobody can guess, for networks that fetch media."""

from __future__ import annotations

import atexit
import functools
import re
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

__all__ = ("MediaHost", "media_host")

_TOKEN_BYTES = 24
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")


class MediaHost:
    """A server in a thread of this process; it answers ``HEAD`` and ``GET``, whole or in ranges.

    Attributes:
        url: Base address without a slash at the end.
    """

    def __init__(self) -> None:
        self._files: dict[str, tuple[bytes, str]] = {}
        handler = type("Handler", (_Handler,), {"files": self._files})
        self._listener = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._listener.server_port}"
        self._thread = Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    def offer(self, content: bytes, mime_type: str) -> str:
        """Gives an address for a file, another one at every call; it is good until the end.

        Args:
            content: The file.
            mime_type: What the answers call it.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._files[token] = (content, mime_type)
        return f"{self.url}/media/{token}"

    def close(self) -> None:
        """Stops answering."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()


@functools.cache
def media_host() -> MediaHost:
    """Gives the host of this process, which is started at first use and closed at exit."""
    host = MediaHost()
    atexit.register(host.close)
    return host


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Buffered, so that head and body go out in one piece: in two, each answer waits 40 ms for an ACK.
    wbufsize = -1
    disable_nagle_algorithm = True
    files: dict[str, tuple[bytes, str]]

    def do_GET(self) -> None:
        content, mime_type = self.files.get(self.path.rpartition("/")[2], (None, ""))
        if content is None:
            self._head(HTTPStatus.NOT_FOUND, {"Content-Length": "0"})
            return
        first, end = 0, len(content)
        status, headers = HTTPStatus.OK, {"Content-Type": mime_type, "Accept-Ranges": "bytes"}
        asked = _RANGE.match(self.headers.get("Range", ""))
        if asked and asked.group(0) != "bytes=-":
            first, end = _span(asked, len(content))
            if first >= end:
                headers = {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"}
                self._head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers)
                return
            status = HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {first}-{end - 1}/{len(content)}"
        self._head(status, {**headers, "Content-Length": str(end - first)})
        if self.command == "GET":
            self.wfile.write(memoryview(content)[first:end])
            self.wfile.flush()

    do_HEAD = do_GET  # noqa: N815 - the name that http.server calls

    def _head(self, status: HTTPStatus, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Keeps silent."""


def _span(asked: re.Match[str], size: int) -> tuple[int, int]:
    """Reads a range of bytes (RFC 9110, 14.1.2) as the first one and the one behind the last."""
    begin, last = asked.groups()
    if not begin:
        return max(0, size - int(last)), size
    return int(begin), min(size, int(last) + 1) if last else size
