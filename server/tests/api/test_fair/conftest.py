"""A fair with several stands, a server whose plugins know it, and people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

PLUGINS = Path(__file__).with_name("plugins")
SECRET, VERIFY = "the-secret-of-the-app", "what-the-operator-typed"


class Stand:
    """One server of the fair."""

    def __init__(self) -> None:
        self.apps = 0
        self.days = 60
        self.lose_answers = 0
        self.grants: list[dict[str, str]] = []
        self.name = "ada"
        stand = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.path == "/apps":
                    stand.apps += 1
                    if stand.lose_answers:
                        stand.lose_answers -= 1
                        self.close_connection = True
                        return
                    self.tell(200, {"id": f"app-{stand.apps}", "secret": f"secret-{stand.apps}"})
                elif self.path == "/token":
                    form = {key: one[0] for key, one in parse_qs(body.decode()).items()}
                    stand.grants.append(form)
                    self.tell(200, {"token": "good", "days": stand.days})

            def do_GET(self) -> None:
                if self.headers["authorization"] != "Bearer good":
                    self.tell(401, {})
                elif self.path == "/me":
                    self.tell(200, {"id": f"42@{stand.url}", "name": stand.name})
                else:
                    self.tell(200, {"followers": 7})

            def tell(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.httpd.server_address[1]}"
        self.url = f"http://{self.place}"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.httpd.shutdown()
        self.httpd.server_close()


class Visit:
    """A person's way to a stand's consent page and back."""

    def __init__(self, server: Any, person: Any, started: httpx.Response) -> None:
        assert started.status_code == 200, started.text
        self.server = server
        self.person = person
        self.id: str = started.json()["connectionId"]
        address = urlsplit(started.json()["authUrl"])
        self.page = f"{address.scheme}://{address.netloc}{address.path}"
        self.query = {name: one[0] for name, one in parse_qs(address.query).items()}

    def back(self) -> Any:
        """Comes back with a code, and gives the connection."""
        root = self.server.url.removesuffix("/api/v1")
        query = {"state": self.query["state"], "code": "the-code"}
        page = httpx.get(f"{root}/oauth/callback/fair", params=query, timeout=60)
        assert page.status_code == 200, page.text
        shown = self.person.http.get(f"/social-accounts/connections/{self.id}").json()
        assert shown["state"] == "connected", shown
        return shown


@pytest.fixture
def stand() -> Iterator[Stand]:
    one = Stand()
    yield one
    one.close()


@pytest.fixture
def other_stand() -> Iterator[Stand]:
    one = Stand()
    yield one
    one.close()


@pytest.fixture(scope="module")
def fair_server(
    start_server: Any,
    database_url: str,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("fair")
    info = home / "site" / "fair-0.1.dist-info"
    info.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", "Name: fair", "Version: 0.1"]
    lines += ["Requires-Dist: mpcas2-hookspecs>=0.3,<1"]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    (info / "entry_points.txt").write_text("[mpcas2]\nfair = fair\n")
    settings = _settings(info.parent)
    with start_server(database_url, redis_url, home, settings) as running:
        yield running


def _settings(site: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{PLUGINS}:{site}",
        "FAIR_CLIENT_ID": "the-app",
        "FAIR_CLIENT_SECRET": SECRET,
        "FAIR_WEBHOOK_VERIFY_TOKEN": VERIFY,
        "FAIR_DIALECT_CLIENT_ID": "the-key",
        "MPCAS2_PUBLIC_URL": "https://here.example",
    }


@pytest.fixture
def worker(fair_server: Any, redis_url: str) -> Callable[[Callable[[], bool]], None]:
    """Runs a worker until something is so: ``worker(lambda: …)``."""

    def run(done: Callable[[], bool]) -> None:
        home = fair_server.log.parent
        environment = {
            **os.environ,
            **_settings(home / "site"),
            "DATABASE_URL": fair_server.database_url,
            "REDIS_URL": redis_url,
            "MPCAS2_HOME": str(home),
            "MPCAS2_POLL_SECONDS": "0.1",
        }
        command = [sys.executable, "-m", "mpcas2_server.cli", "worker"]
        process = subprocess.Popen(command, env=environment)
        try:
            end = time.monotonic() + 60
            while not done():
                assert process.poll() is None
                assert time.monotonic() < end
                time.sleep(0.05)
        finally:
            process.terminate()
            assert process.wait(timeout=60) == 0

    return run


@pytest.fixture
def person(fair_server: Any, sign_up: Any) -> Iterator[Any]:
    with sign_up(fair_server) as somebody:
        yield somebody


@pytest.fixture
def stranger(fair_server: Any, sign_up: Any) -> Iterator[Any]:
    with sign_up(fair_server) as somebody:
        yield somebody


@pytest.fixture
def visit(fair_server: Any) -> Any:
    """Begins to connect: ``visit(person, "fair.example")``."""

    def begin(person: Any, place: str | None, **more: Any) -> Visit:
        credentials = {} if place is None else {"credentials": {"server": place}}
        body = {"platform": "fair", **credentials, **more}
        return Visit(fair_server, person, person.http.post("/social-accounts", json=body))

    return begin
