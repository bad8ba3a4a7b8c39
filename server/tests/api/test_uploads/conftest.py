"""A server with uploads, of its own process, that can be killed and started again."""

import base64
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import psutil
import pytest

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8000
BYTES = "application/offset+octet-stream"
TUS = {"tus-resumable": "1.0.0"}
# The application with the routes of uploads, whether or not it has them by itself.
APPLICATION = """
from litestar import Litestar, Router

from mpcas2_server.api.uploads import UploadController
from mpcas2_server.app import create_app


def application() -> Litestar:
    app = create_app()
    if not any(route.path.startswith("/api/v1/uploads") for route in app.routes):
        app.register(Router(path="/api/v1", route_handlers=[UploadController]))
    return app
"""


class Server:
    """A server that can be killed and started again at the same address."""

    def __init__(self, database_url: str, redis_url: str, home: Path, **settings: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (home / "with_uploads.py").write_text(APPLICATION)
        self.url = f"http://127.0.0.1:{self.port}/api/v1"
        self.media = home / "media"
        self.log = home / "server.log"
        self._environment = {
            **os.environ,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "MPCAS2_HOME": str(home),
            "PYTHONPATH": str(home),
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "with_uploads:application"]
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                command, env=self._environment, stdout=output, stderr=output
            )
        until(self._answers, 60)

    def kill(self) -> None:
        """Ends it and its workers at once, as a crash of the machine would."""
        assert self.process is not None
        main = psutil.Process(self.process.pid)
        for one in [*main.children(recursive=True), main]:
            one.send_signal(signal.SIGKILL)
        self.process.wait(30)
        until(lambda: not self._listens())

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass(frozen=True)
class User:
    """Somebody with a tenant of their own."""

    server: Server
    http: httpx.Client
    token: str
    tenant_id: str

    def begin(self, size: int, **options: Any) -> httpx.Response:
        fields = {"filename": "paper.pdf", "title": "Ein Papier", "type": "document"}
        fields |= options.pop("fields", {})
        packed = ",".join(
            f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in fields.items()
        )
        headers = {**TUS, "upload-length": str(size), "upload-metadata": packed}
        return self.http.post("/uploads", headers=headers | options.pop("headers", {}), **options)

    def begun(self, size: int) -> str:
        answer = self.begin(size)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"].removeprefix("/api/v1")

    def send(self, path: str, offset: int, data: Any, **headers: str) -> httpx.Response:
        told = {**TUS, "content-type": BYTES, "upload-offset": str(offset), **headers}
        return self.http.patch(path, content=data, headers=told)

    def offset(self, path: str) -> int:
        answer = self.http.head(path, headers=TUS)
        assert answer.status_code == 200
        assert (answer.content, answer.headers["cache-control"]) == (b"", "no-store")
        return int(answer.headers["upload-offset"])

    def files(self) -> list[Path]:
        """Everything of the tenant on disk, half-written files included."""
        return [path for path in (self.server.media / self.tenant_id).rglob("*") if path.is_file()]

    def whole_file(self, content_id: str) -> bytes:
        return self.http.get(f"/content/{content_id}/file").content

    def cut(self, path: str, offset: int, data: bytes, *, reset: bool) -> None:
        """Promises all the rest, sends a part of it, and is gone."""
        parts = urlsplit(self.server.url)
        head = (
            f"PATCH /api/v1{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n"
            f"Tus-Resumable: 1.0.0\r\nContent-Type: {BYTES}\r\nUpload-Offset: {offset}\r\n"
            f"Content-Length: {len(PDF) - offset}\r\n\r\n"
        )
        with socket.create_connection((parts.hostname, parts.port)) as connection:
            connection.sendall(head.encode() + data)
            until(lambda: sum(one.stat().st_size for one in self.files()) >= len(data) // 2)
            if reset:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def until(condition: Callable[[], Any], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.02)


@contextmanager
def signed_up(server: Server) -> Iterator[User]:
    with httpx.Client(base_url=server.url, timeout=60) as http:
        answer = http.post(
            "/auth/register",
            json={
                "email": f"{uuid4().hex}@example.org",
                "password": "Correct-Horse-7",
                "name": "Ada",
                "tenantName": "Studio",
            },
        )
        assert answer.status_code == 201, answer.text
        token = answer.json()["accessToken"]
        http.headers["authorization"] = f"Bearer {token}"
        yield User(server, http, token, answer.json()["tenant"]["id"])


@pytest.fixture(scope="session")
def pdf() -> bytes:
    return PDF


@dataclass
class Tokens:
    """What the command line knows of a session."""

    token: str

    def access_token(self) -> str:
        return self.token

    def renewed(self, refused: str) -> str:
        raise AssertionError(f"{refused[:5]}… was good")


@pytest.fixture
def tokens(own_user: User) -> Tokens:
    return Tokens(own_user.token)


@pytest.fixture
def waits() -> Callable[..., None]:
    return until


@pytest.fixture
def own_server(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Server]:
    """A server for one test, which may kill it."""
    server = Server(database_url, redis_url, tmp_path)
    yield server
    server.stop()


@pytest.fixture
def own_user(own_server: Server) -> Iterator[User]:
    with signed_up(own_server) as somebody:
        yield somebody


@pytest.fixture(scope="module")
def upload_server(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server whose tenants have 20 MB each."""
    server = Server(
        database_url,
        redis_url,
        tmp_path_factory.mktemp("uploads"),
        MPCAS2_TENANT_STORAGE_BYTES="20000000",
    )
    yield server
    server.stop()


@pytest.fixture
def user(upload_server: Server) -> Iterator[User]:
    with signed_up(upload_server) as somebody:
        yield somebody


@pytest.fixture
def stranger(upload_server: Server) -> Iterator[User]:
    with signed_up(upload_server) as somebody:
        yield somebody
