"""A small Google to test against: one upload session that counts its bytes, and queued answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from mpcas2_hookspecs import Account, Media, Part, Staged
from mpcas2_platform_youtube.adapter import YouTubePlatform
from mpcas2_testing import MemoryPublishContext

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def name(self) -> str:
        return f"{self.method} {self.path.rpartition('/')[2]}"


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    keeps: int = 0  # so many bytes of the request's body are taken all the same


class Google:
    """Answers with what is queued under "METHOD last-segment"; the last of a queue stays.

    Without a queue, ``POST videos`` opens the session and ``PUT session`` keeps the protocol.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self.content = bytearray()
        self.made = False
        self.gone = False
        self._queues: dict[str, list[Reply]] = {}

    def queue(self, name: str, body: Any = None, *, status: int = 200, **more: Any) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        self._queues.setdefault(name, []).append(Reply(status=status, body=raw, **more))

    def forget(self, name: str) -> None:
        self._queues.pop(name, None)

    def names(self) -> list[str]:
        return [request.name for request in self.requests]

    def ranges(self) -> list[str]:
        """Lists the Content-Range of each request to the session, without the total."""
        told = [request.headers.get("content-range", "") for request in self.requests]
        return [one.removeprefix("bytes ").rpartition("/")[0] for one in told if one]

    def reply(self, request: Request) -> Reply:
        self.requests.append(request)
        queue = self._queues.get(request.name)
        if queue:
            reply = queue[0]
            # A queue of the session runs dry, so that the session goes on as it stands.
            if len(queue) > 1 or request.name == "PUT session":
                queue.pop(0)
            self.content += request.body[: reply.keeps]
            return reply
        if request.name == "POST videos":
            self.content.clear()
            self.gone = False
            return Reply(headers={"location": f"{self.url}/upload/session?upload_id=u1"})
        if request.name == "PUT session":
            return self._take(request)
        return Reply(status=501)

    def _take(self, request: Request) -> Reply:
        if self.gone:
            return Reply(status=404)
        told = re.fullmatch(r"bytes (\*|(\d+)-(\d+))/(\d+)", request.headers["content-range"])
        assert told is not None
        total = int(told[4])
        if not self.made and told[1] != "*":
            first, last = int(told[2]), int(told[3])
            assert len(request.body) == last - first + 1
            assert last + 1 == total or len(request.body) % (256 * 1024) == 0
            if first != len(self.content):
                return Reply(status=400)
            self.content += request.body
            self.made = len(self.content) == total
        if self.made:
            return Reply(status=201, body=b'{"id": "vid1"}')
        have = len(self.content)
        return Reply(status=308, headers={"range": f"bytes=0-{have - 1}"} if have else {})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    google: Google

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.google.reply(
            Request(
                method=self.command,
                path=parts.path,
                query=parse_qs(parts.query),
                headers=headers,
                body=self.rfile.read(int(headers.get("content-length", "0"))),
            )
        )
        if reply.cut:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        body = b"" if reply.status == 204 else reply.body
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        pass


@pytest.fixture
def google() -> Iterator[Google]:
    server = Google()
    handler = type("Handler", (_Handler,), {"google": server})
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


@pytest.fixture
def platform(google: Google) -> YouTubePlatform:
    return YouTubePlatform(
        {
            "api_url": google.url,
            "accounts_url": "https://accounts.example",
            "token_url": google.url,
            "web_url": "https://www.youtube.com",
        }
    )


class Studio:
    """Runs the adapter for one part, in a fresh context each time over one journal."""

    def __init__(self) -> None:
        self.journal: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.spent: list[tuple[str, int]] = []
        self.now = NOW

    def part(self, size: int = 3 * MIB, *, title: str = "A title", **more: Any) -> Part:
        self.files["film"] = (b"0123456789abcde\n" * (size // 16 + 1))[:size]
        self.files["cover"] = b"\xff\xd8\xff cover"
        film = Media(id="film", kind="video", mime_type="video/mp4", size=size)
        return Part(index=0, text="A text", title=title, media=(film,), **more)

    @property
    def cover(self) -> Media:
        return Media(id="cover", kind="image", mime_type="image/jpeg", size=9)

    def stage(self, platform: YouTubePlatform, part: Part) -> Staged:
        staged: Staged = self.run(lambda ctx: platform.stage(part, ctx))
        # As the engine does: what was staged goes through the database.
        return msgspec.json.decode(msgspec.json.encode(staged), type=Staged)

    def publish(self, platform: YouTubePlatform, staged: Staged) -> Any:
        return self.run(lambda ctx: platform.publish(staged, ctx))

    def find(self, platform: YouTubePlatform, staged: Staged) -> Any:
        return self.run(lambda ctx: platform.find(staged, ctx))

    def run(self, call: Callable[[MemoryPublishContext], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            account = Account(
                id="a",
                platform="youtube",
                platform_account_id="UC1",
                username="ann",
                data={"uploads": "UU1"},
            )
            async with MemoryPublishContext(
                account=account,
                access_token="access-secret",
                media=self.files,
                journal=self.journal,
                clock=lambda: self.now,
            ) as ctx:
                try:
                    return await call(ctx)
                finally:
                    self.spent += ctx.spent

        return asyncio.run(inside())


@pytest.fixture
def studio() -> Studio:
    return Studio()
