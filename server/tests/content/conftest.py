"""Real servers over real HTTP: granian with the whole application."""

import os
import socket
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
import pytest

START_SECONDS = 60.0


@dataclass(frozen=True)
class Running:
    """A server under test."""

    url: str
    pid: int
    media: Path

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port


@dataclass(frozen=True)
class User:
    """Somebody with a tenant of their own."""

    server: Running
    http: httpx.Client
    token: str
    tenant_id: str

    def files(self) -> list[Path]:
        """Everything of the tenant on disk, half-written files included."""
        return [path for path in (self.server.media / self.tenant_id).rglob("*") if path.is_file()]

    def nothing_left(self) -> bool:
        listed = self.http.get("/content").json()
        return listed["pagination"]["total"] == 0 and not self.files()


def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    """Waits for a condition, for so long at most."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to be in time"
        time.sleep(0.02)


@contextmanager
def started(database_url: str, redis_url: str, home: Path, **settings: str) -> Iterator[Running]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "MPCAS2_HOME": str(home),
        **settings,
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory"]
    command += ["--host", "127.0.0.1", "--port", str(port), "mpcas2_server.app:create_app"]
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}/api/v1"

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return httpx.get(f"{url}/health/live").status_code == 200
            except httpx.TransportError:
                return False

        until(answers, START_SECONDS)
        yield Running(url=url, pid=process.pid, media=home / "media")
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="session")
def server(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A server with its usual limits."""
    with started(database_url, redis_url, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="session")
def small_server(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A server that takes files of 100,000 bytes at most."""
    limit = {"MPCAS2_MAX_UPLOAD_BYTES": "100000"}
    with started(database_url, redis_url, tmp_path_factory.mktemp("small"), **limit) as running:
        yield running


@contextmanager
def signed_up(server: Running) -> Iterator[User]:
    """Registers somebody new."""
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


@pytest.fixture
def user(server: Running) -> Iterator[User]:
    with signed_up(server) as somebody:
        yield somebody


@pytest.fixture
def stranger(server: Running) -> Iterator[User]:
    """Somebody of another tenant."""
    with signed_up(server) as somebody:
        yield somebody


@pytest.fixture
def small_user(small_server: Running) -> Iterator[User]:
    with signed_up(small_server) as somebody:
        yield somebody


@pytest.fixture
def eventually() -> Callable[..., None]:
    return until
