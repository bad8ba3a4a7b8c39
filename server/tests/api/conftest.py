"""The whole application under granian, with real PostgreSQL and Valkey, spoken to over HTTP."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from mpcas2_sandbox import SandboxProcess

START_SECONDS = 60.0
PASSWORD = "Correct-Horse-7"
JWT_SECRET = "a-signing-secret-that-only-tests-know-0123456789"


@dataclass(frozen=True)
class Server:
    """A server under test."""

    url: str
    database_url: str = field(repr=False)
    log: Path
    jwt_secret: str = field(default=JWT_SECRET, repr=False)

    def sql(self, statement: str, *args: Any) -> list[Any]:
        """Looks into the database behind the server, or changes what only time would."""

        async def run() -> list[Any]:
            connection = await asyncpg.connect(self.database_url)
            try:
                return await connection.fetch(statement, *args)
            finally:
                await connection.close()

        return asyncio.run(run())


@dataclass(frozen=True)
class Person:
    """Somebody who signed up, with a tenant of their own."""

    server: Server
    http: httpx.Client
    email: str
    access_token: str
    refresh_token: str
    tenant_id: str
    user_id: str

    @property
    def schema(self) -> str:
        return f"t_{self.tenant_id.replace('-', '')}"

    def rows(self, table: str) -> int:
        """Counts rows of the tenant's own."""
        return int(self.server.sql(f'SELECT count(*) AS n FROM "{self.schema}".{table}')[0]["n"])

    def text(self, text: str = "Good morning") -> str:
        """Makes content of type text and gives its id."""
        answer = self.http.post("/content", json={"title": "T", "type": "text", "text": text})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@dataclass(frozen=True)
class Network:
    """A practice Bluesky and the accounts on it."""

    url: str
    process: SandboxProcess

    def account(self) -> dict[str, str]:
        """Makes an account there and gives the credentials that connect it."""
        made = self.process.control.call(
            "POST", "accounts", {"count": 1, "prefix": f"u{uuid4().hex[:8]}"}
        )["accounts"][0]
        return {
            "identifier": made["handle"],
            "appPassword": made["appPassword"],
            "server": self.url,
        }

    def connect(self, person: Person) -> str:
        """Connects a new account for somebody and gives its id."""
        answer = person.http.post(
            "/social-accounts", json={"platform": "bluesky", "credentials": self.account()}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


@contextmanager
def started(
    database_url: str, redis_url: str, home: Path, settings: dict[str, str]
) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "MPCAS2_HOME": str(home),
        "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
        "JWT_SECRET": JWT_SECRET,
        "MPCAS2_LOG_FORMAT": "json",
        **settings,
    }
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws"]
    command += ["--host", "127.0.0.1", "--port", str(port), "mpcas2_server.app:create_app"]
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        url = f"http://127.0.0.1:{port}/api/v1"
        end = time.monotonic() + START_SECONDS
        while not _answers(url):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield Server(url=url, database_url=database_url, log=log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def server(
    database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The server that most tests share."""
    with started(database_url, redis_url, tmp_path_factory.mktemp("home"), {}) as running:
        yield running


@pytest.fixture
def server_with(database_url: str, redis_url: str, tmp_path: Path) -> Callable[..., Any]:
    """Starts a server with other settings: ``with server_with(MPCAS2_…=…) as other:``."""
    return lambda **settings: started(database_url, redis_url, tmp_path, settings)


@pytest.fixture(scope="session")
def start_server() -> Callable[..., Any]:
    """Starts a server: ``with start_server(database_url, redis_url, home, settings) as other:``."""
    return started


@pytest.fixture(scope="session")
def sign_up() -> Callable[..., Any]:
    """Signs somebody up on a server: ``with sign_up(server) as somebody:``."""
    return signed_up


@pytest.fixture
def anyone(server: Server) -> Iterator[httpx.Client]:
    """A client that is not signed in."""
    with httpx.Client(base_url=server.url, timeout=60) as http:
        yield http


@contextmanager
def signed_up(server: Server) -> Iterator[Person]:
    email = f"{uuid4().hex}@example.org"
    with httpx.Client(base_url=server.url, timeout=60) as http:
        answer = http.post(
            "/auth/register",
            json={"email": email, "password": PASSWORD, "name": "Ada", "tenantName": "Studio"},
        )
        assert answer.status_code == 201, answer.text
        body = answer.json()
        http.headers["authorization"] = f"Bearer {body['accessToken']}"
        yield Person(
            server=server,
            http=http,
            email=email,
            access_token=body["accessToken"],
            refresh_token=body["refreshToken"],
            tenant_id=body["tenant"]["id"],
            user_id=body["user"]["id"],
        )


@pytest.fixture
def person(server: Server) -> Iterator[Person]:
    """Somebody with a fresh tenant."""
    with signed_up(server) as somebody:
        yield somebody


@pytest.fixture
def stranger(server: Server) -> Iterator[Person]:
    """Somebody of another tenant."""
    with signed_up(server) as somebody:
        yield somebody


@pytest.fixture(scope="session")
def bluesky() -> Iterator[Network]:
    """A practice Bluesky in a process of its own."""
    with SandboxProcess("bluesky") as process:
        yield Network(url=process.url, process=process)


@pytest.fixture
def refused() -> Callable[..., dict[str, Any]]:
    """Checks that an answer is the error envelope with this status and code; gives the error."""

    def check(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.json()) == {"error"}
        error: dict[str, Any] = answer.json()["error"]
        assert set(error) - {"details"} == {"code", "message", "timestamp", "requestId"}
        assert error["code"] == code, error
        assert error["requestId"] == answer.headers["x-request-id"]
        assert error["message"].endswith((".", ")")), "a message is a sentence"
        return error

    return check
