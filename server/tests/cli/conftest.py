"""Runs commands in this process, and the whole product once for the tests that need it."""

from __future__ import annotations

import io
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import structlog

from mpcas2_server.cli import run
from mpcas2_server.cli.session import Session, SessionFile

PASSWORD = "Correct-horse-7"
_START_SECONDS = 60.0
_VARIABLES = ("DATABASE_URL", "REDIS_URL", "XDG_CONFIG_HOME", "NO_COLOR")


class Result(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Decodes what stands on standard output."""
        return json.loads(self.out)

    def error(self) -> Any:
        """Decodes the error on standard error."""
        return json.loads(self.err)["error"]


Cli = Callable[..., Result]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("MPCAS2_") or name in _VARIABLES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("MPCAS2_HOME", str(tmp_path / "home"))
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    # Commands set logging up for their process, which is ours here.
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs ``mpcas2`` with the arguments given; ``stdin`` is what it can read."""

    def call(*arguments: str, stdin: str = "") -> Result:
        capfd.readouterr()
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        before = dict(os.environ)
        try:
            code = run(arguments)
        finally:
            # `serve` leaves settings there for the processes that it starts; here others would.
            os.environ.clear()
            os.environ.update(before)
        out, err = capfd.readouterr()
        return Result(code, out, err)

    return call


class Answers:
    """A small real HTTP server whose answers a test writes.

    Attributes:
        url: Its address.
        seen: Method, path, headers and body of each request.
        reply: Gives status and body for method and path; None cuts the connection.
    """

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.reply: Callable[[str, str], tuple[int, bytes] | None] = lambda _method, _path: None
        self.lock = threading.Lock()


@pytest.fixture
def answers() -> Iterator[Answers]:
    state = Answers()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            with state.lock:
                headers = {key.lower(): value for key, value in self.headers.items()}
                state.seen.append((self.command, self.path, headers, body))
                answer = state.reply(self.command, self.path)
            if answer is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, content = answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            if status == 503:
                self.send_header("Retry-After", "1")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_PATCH = _handle  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its signature
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Product(NamedTuple):
    """The product, run by ``mpcas2 up``, beside a practice network."""

    address: str
    home: Path
    process: subprocess.Popen[bytes]
    network: str
    app_passwords: dict[str, str]
    told: Path


def _start(
    arguments: list[str], environment: dict[str, str], log: Path
) -> tuple[subprocess.Popen[bytes], Any]:
    """Starts ``mpcas2`` and gives the JSON that it prints once it is ready."""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "mpcas2_server.cli", *arguments, "--json"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    text = b""
    assert process.stdout is not None
    for line in process.stdout:
        text += line
        if line == b"}\n":
            return process, json.loads(text)
    process.wait()
    process.stdout.close()
    raise AssertionError(f"{arguments[0]} ended:\n{log.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> int:
    """Asks a process to end and gives its exit code."""
    process.send_signal(signal.SIGINT)
    try:
        return process.wait(_START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on at this moment."""
    return _free_port()


@pytest.fixture
def start() -> Any:
    """Starts ``mpcas2`` with arguments, environment and a file for its standard error."""
    return _start


@pytest.fixture
def signed_in_there(answers: Answers, tmp_path: Path) -> Answers:
    """The small server, with a session at it."""
    session = Session(
        server=answers.url,
        access_token="access",
        refresh_token="refresh",
        expires_at=time.time() + 900,
        email="ada@example.org",
        name="Ada",
        tenant="Studio",
    )
    SessionFile(tmp_path / "home" / "session.json").save(session)
    return answers


@contextmanager
def _open_folder() -> Iterator[Path]:
    """Lends a folder for a home; not pytest's, which root's servers, another user, cannot enter."""
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-cli-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the servers of a home in it can enter."""
    with _open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def _product_folder() -> Iterator[Path]:
    with _open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def product(_product_folder: Path) -> Iterator[Product]:
    pytest.importorskip("mpcas2_sandbox", reason="the practice networks are not installed")
    folder = _product_folder
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("MPCAS2_") and key not in _VARIABLES
    }
    environment |= {
        "MPCAS2_HOME": str(folder / "home"),
        "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
        "MPCAS2_POLL_SECONDS": "0.2",
    }
    sandbox, networks = _start(["sandbox", "bluesky"], environment, folder / "sandbox.err")
    try:
        up, told = _start(
            ["up", "--port", str(_free_port()), "--no-logs"], environment, folder / "up.err"
        )
        try:
            network = networks["networks"][0]
            accounts = httpx.get(f"{network['control']}/accounts").json()["accounts"]
            yield Product(
                address=told["address"],
                home=Path(told["home"]),
                process=up,
                network=network["url"],
                app_passwords={one["handle"]: one["appPassword"] for one in accounts},
                told=folder / "up.err",
            )
        finally:
            code = _stop(up)
        assert code == 0, (folder / "up.err").read_text()
    finally:
        _stop(sandbox)


@pytest.fixture
def signed_in(product: Any, cli: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """A new user with one account; commands talk to the running product."""
    monkeypatch.setenv("MPCAS2_SERVER", product.address)
    email = f"{tmp_path.name}@example.org".lower().replace("_", "-")
    signed = cli(
        *("register", "--email", email, "--name", "Ada", "--tenant", "Studio"),
        *("--password-stdin", "--json"),
        stdin=PASSWORD,
    )
    assert signed.code == 0, signed.err
    return email


@pytest.fixture
def account(product: Any, signed_in: str, cli: Any) -> str:
    connected = cli(
        *("account", "connect", "bluesky", "--field", "identifier=alice.test"),
        *("--field", f"server={product.network}", "--secret-stdin", "appPassword", "--json"),
        stdin=product.app_passwords["alice.test"],
    )
    assert connected.code == 0, connected.err
    account_id: str = connected.json()["id"]
    return account_id
