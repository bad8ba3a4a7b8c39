"""Runs a real Bluesky server, once per test process, for every test of this folder.

`tests/real/pds/install` installs it, once, in minutes. Where that was not done the tests are skipped
with the reason; with `MPCAS2_REQUIRE_REAL=1` they install it themselves, or fail.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import httpx
import msgspec
import pytest

FOLDER = Path(__file__).parent
POST = "app.bsky.feed.post"
TID_FIRST, TID_REST = "234567abcdefghij", "234567abcdefghijklmnopqrstuvwxyz"
INSTALL_SECONDS = 1200
START_SECONDS = 120


class Account(NamedTuple):
    """An account on the real server; the password is the account's own, not an app password."""

    handle: str
    password: str
    did: str


class Ready(msgspec.Struct, frozen=True):
    """The line that `serve.mjs` prints when both of its servers answer."""

    pds: str
    plc: str
    data: str


@dataclass(frozen=True, kw_only=True)
class RealPds:
    """A PDS and its PLC directory on loopback, and what only their owner can do to them.

    Attributes:
        url: Base address of the PDS; `/xrpc/<method>` lies below it.
        plc_url: Base address of the PLC directory.
        data: Folder with the server's SQLite files and blobs.
        jwt_secret: The key that signs the sessions' tokens.
    """

    url: str
    plc_url: str
    data: Path
    jwt_secret: str = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def create_account(self, handle: str | None = None) -> Account:
        """Make an account; without a handle, one that no other test has."""
        handle = handle or f"person-{next(self._numbers)}.test"
        password = secrets.token_urlsafe(12)
        body = {"handle": handle, "password": password, "email": f"{handle}@example.test"}
        answer = self._post("com.atproto.server.createAccount", body)
        return Account(handle, password, answer["did"])

    def create_app_password(self, account: Account, name: str = "mpcas2") -> str:
        """Make an app password, as a person does in the settings of the network."""
        login = {"identifier": account.handle, "password": account.password}
        session = self._post("com.atproto.server.createSession", login)
        made = self._post(
            "com.atproto.server.createAppPassword", {"name": name}, token=session["accessJwt"]
        )
        return str(made["password"])

    def expire(self, token: str) -> str:
        """Return the same token, well signed, with an end that passed a minute ago."""
        head, payload, _ = token.split(".")
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        claims["exp"] = int(time.time()) - 60
        signed = f"{head}.{_base64(json.dumps(claims).encode())}"
        mac = hmac.new(self.jwt_secret.encode(), signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{_base64(mac)}"

    def _post(self, method: str, body: dict[str, str], token: str = "") -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = httpx.post(f"{self.url}/xrpc/{method}", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        parsed: dict[str, Any] = answer.json()
        return parsed


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass(frozen=True)
class Caller:
    """Calls the server by plain HTTP in the name of one account."""

    http: httpx.Client
    account: Account
    access: str = field(repr=False)
    refresh: str = field(repr=False)

    def send(self, method: str, body: Any = None, *, token: str | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {token or self.access}"}
        return self.http.post(method, json=body, headers=headers)

    def get(self, method: str, *, token: str | None = None, **query: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {token or self.access}"}
        return self.http.get(method, params=query, headers=headers)

    def write(
        self, record: dict[str, Any], key: str | None = None, *, how: str = "putRecord", **more: Any
    ) -> httpx.Response:
        body = {"repo": self.account.did, "collection": POST, "record": record}
        return self.send(f"com.atproto.repo.{how}", {**body, "rkey": key or self.new_key(), **more})

    def new_key(self) -> str:
        """Choose a record key, a TID that no other test has."""
        rest = "".join(secrets.choice(TID_REST) for _ in range(12))
        return secrets.choice(TID_FIRST) + rest

    def keys(self) -> list[str]:
        """List the keys of the account's posts."""
        answer = self.get(
            "com.atproto.repo.listRecords", repo=self.account.did, collection=POST, limit="100"
        )
        return [str(record["uri"]).rpartition("/")[2] for record in answer.json()["records"]]

    def upload(self, content: bytes, kind: str = "image/png") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.access}", "content-type": kind}
        return self.http.post("com.atproto.repo.uploadBlob", content=content, headers=headers)

    def log_in(self, password: str) -> httpx.Response:
        login = {"identifier": self.account.handle, "password": password}
        return self.http.post("com.atproto.server.createSession", json=login)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in this folder, and keep the install out of the time that a test may take."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.real)
            item.add_marker(pytest.mark.timeout(180, func_only=True))


def _cannot(reason: str) -> NoReturn:
    if os.environ.get("MPCAS2_REQUIRE_REAL") == "1":
        pytest.fail(f"the real PDS is required (MPCAS2_REQUIRE_REAL=1): {reason}", pytrace=False)
    pytest.skip(f"no real PDS: {reason}")


def _installed() -> Path:
    if shutil.which("bash") is None:
        _cannot("bash is not on the PATH")
    command = ["bash", str(FOLDER / "pds" / "install")]
    if os.environ.get("MPCAS2_REQUIRE_REAL") != "1":
        # Some 700 MB and a compiler run are not what a stranger expects of a test command.
        command.append("--check")
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        _cannot(f"tests/real/pds/install did not end within {INSTALL_SECONDS} s")
    if done.returncode != 0:
        *before, reason = done.stderr.strip().splitlines() or ["no reason was given"]
        end = "\n".join(before)[-2000:]
        _cannot(f"tests/real/pds/install says: {reason} (exit status {done.returncode})\n{end}")
    return Path(done.stdout.splitlines()[-1])


def _first_line(process: subprocess.Popen[bytes], log: Path) -> bytes:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        line, newline, _ = log.read_bytes().partition(b"\n")
        if newline:
            return line
        if process.poll() is not None:
            break
        time.sleep(0.05)
    return b""


@pytest.fixture(scope="session")
def real_pds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealPds]:
    """Yield a running PDS; it ends with the test process, however that ends."""
    modules = _installed()
    folder = tmp_path_factory.mktemp("pds")
    log, errors = folder / "out.log", folder / "err.log"
    secret = secrets.token_hex(16)
    command = [
        str(modules / "bin" / "node"),
        str(FOLDER / "pds" / "serve.mjs"),
        f"--jwt-secret={secret}",
    ]
    environment = {**os.environ, "PDS_MODULES": str(modules), "TMPDIR": str(folder)}
    with (
        log.open("wb") as out,
        errors.open("wb") as err,
        # Its standard input is our end of the line: the server ends when we let go of it.
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=err, env=environment
        ) as process,
    ):
        try:
            line = _first_line(process, log)
            if not line:
                pytest.fail(
                    f"the real PDS did not start: {errors.read_text()[-2000:]}", pytrace=False
                )
            ready = msgspec.json.decode(line, type=Ready)
            yield RealPds(
                url=ready.pds, plc_url=ready.plc, data=Path(ready.data), jwt_secret=secret
            )
        finally:
            try:
                process.communicate(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()


def log_in_anew(real_pds: RealPds, http: httpx.Client) -> Caller:
    account = real_pds.create_account()
    login = {"identifier": account.handle, "password": real_pds.create_app_password(account)}
    session = http.post("com.atproto.server.createSession", json=login).json()
    return Caller(http, account, session["accessJwt"], session["refreshJwt"])


@pytest.fixture(scope="module")
def http(real_pds: RealPds) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{real_pds.url}/xrpc/", timeout=30) as client:
        yield client


@pytest.fixture
def caller(real_pds: RealPds, http: httpx.Client) -> Caller:
    """A caller whose account and session are the test's own."""
    return log_in_anew(real_pds, http)


@pytest.fixture(scope="module")
def writer(real_pds: RealPds, http: httpx.Client) -> Caller:
    """A caller whose account holds other tests' records; hashed passwords make accounts slow."""
    return log_in_anew(real_pds, http)
