"""Bad surroundings of a command: no server, a stranger's server, ports, homes, databases, archives."""

from __future__ import annotations

import shutil
import socket
import tarfile
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.outside.installation import (
    Installation,
    Result,
    answers,
    base_environment,
    free_port,
    mpcas2,
)
from tests.outside.person import Person
from waiting import until


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty folder. Not tmp_path: root's servers run as a user who has to pass through."""
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-outside-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def environment(place: Path) -> dict[str, str]:
    """The environment of somebody who has never run a command here."""
    return {**base_environment(place), "MPCAS2_HOME": str(place / "home")}


@pytest.fixture
def web_page() -> Iterator[str]:
    """A server that is not ours and answers everything with a page."""

    class Page(BaseHTTPRequestHandler):
        def _page(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html><body>It works!</body></html>")

        do_GET = do_POST = _page  # noqa: N815 - the base class's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its signature
            """Stays silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def refused(result: Result, code: int, *told: str) -> None:
    assert result.code == code, result
    assert "Traceback" not in result.err
    for words in told:
        assert words in result.err, result.err


def sign_in(environment: dict[str, str], server: str) -> Result:
    return mpcas2(
        *("login", "--server", server, "--email", "a@example.org", "--password-stdin"),
        environment=environment,
        stdin="Correct-horse-7",
    )


def test_nobody_is_signed_in(environment: dict[str, str]) -> None:
    result = mpcas2("publish", "--text", "x", environment=environment)
    refused(result, 3, "mpcas2 login", "mpcas2 register")


def test_no_server_answers(environment: dict[str, str], place: Path) -> None:
    server = f"http://127.0.0.1:{free_port()}"
    refused(sign_in(environment, server), 6, server, "mpcas2 up")
    assert not (place / "home" / "session.json").exists()


def test_the_server_is_a_stranger(environment: dict[str, str], web_page: str, place: Path) -> None:
    refused(sign_in(environment, web_page), 1, web_page, "not MPCAS2's")
    assert not (place / "home" / "session.json").exists()


def test_no_password_comes(environment: dict[str, str]) -> None:
    result = mpcas2(
        *("login", "--email", "a@example.org", "--password-stdin"), environment=environment
    )
    refused(result, 2, "--password-stdin")


def test_the_port_is_in_use(environment: dict[str, str], place: Path) -> None:
    environment = {**environment, "DATABASE_URL": "postgresql://127.0.0.1/x", "REDIS_URL": "x"}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for command in ("up", "serve"):
            refused(mpcas2(command, "--port", port, environment=environment), 5, port, "--port")
    assert not (place / "home" / "postgres").exists()


@pytest.mark.parametrize("command", ["up", "migrate"])
def test_the_home_cannot_be_made(command: str, environment: dict[str, str], place: Path) -> None:
    (place / "file").write_text("in the way")
    environment = {**environment, "MPCAS2_HOME": str(place / "file" / "home")}
    refused(mpcas2(command, environment=environment), 1, str(place / "file"))


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody:secret-word@127.0.0.1:9/none", "mysql://127.0.0.1/none", "nonsense"],
)
@pytest.mark.parametrize("command", ["migrate", "worker"])
def test_the_database_address_is_wrong(command: str, url: str, environment: dict[str, str]) -> None:
    environment = {**environment, "DATABASE_URL": url, "REDIS_URL": "redis://127.0.0.1:9/0"}
    result = mpcas2(command, environment=environment)
    assert result.code in {1, 6}, result
    assert "DATABASE_URL" in result.err, result.err
    assert "secret-word" not in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MPCAS2_PORT", "many"),
        ("MPCAS2_CONCURRENCY", "0"),
        ("MPCAS2_SEND_SECONDS", "60"),
        ("MPCAS2_REGISTRATION", "perhaps"),
        ("MPCAS2_MASTER_KEY_FILE", "/nonexistent/key"),
    ],
)
def test_a_setting_is_wrong(name: str, value: str, environment: dict[str, str]) -> None:
    result = mpcas2("migrate", environment={**environment, name: value})
    refused(result, 1, name)


def archive_of(kind: str, place: Path) -> Path:
    path = place / "all.tar.gz"
    if kind == "no archive":
        path.write_text("not an archive")
    elif kind == "another archive":
        (place / "letter.txt").write_text("dear reader")
        with tarfile.open(path, "w:gz") as tar:
            tar.add(place / "letter.txt", "letter.txt")
    return path


@pytest.mark.parametrize("kind", ["no archive", "another archive"])
def test_what_is_restored_is_no_backup(kind: str, environment: dict[str, str], place: Path) -> None:
    result = mpcas2("restore", str(archive_of(kind, place)), environment=environment)
    refused(result, 1, "backup")
    assert not list((place / "home").rglob("master-key"))


def test_a_damaged_backup_touches_nothing(
    installation: Installation, environment: dict[str, str], place: Path
) -> None:
    whole = place / "whole.tar.gz"
    assert installation.command("backup", str(whole)).code == 0
    data = bytearray(whole.read_bytes())
    for name, damaged in (
        ("cut", data[: len(data) // 2]),
        ("flipped", data[: len(data) // 2] + b"\0\0\0\0" + data[len(data) // 2 + 4 :]),
    ):
        file = place / f"{name}.tar.gz"
        file.write_bytes(bytes(damaged))
        refused(mpcas2("restore", str(file), environment=environment), 1, file.name)
    assert not (place / "home" / "media").exists()


def test_a_backup_goes_to_a_folder_that_is_not_there(
    installation: Installation, place: Path
) -> None:
    nowhere = place / "none" / "all.tar.gz"
    result = installation.command("backup", str(nowhere))
    assert result.code != 0
    assert "Traceback" not in result.err
    assert str(nowhere.parent) in result.err
    assert not nowhere.parent.exists()


@pytest.fixture
def without_plugin(installation: Installation) -> Iterator[str]:
    """A second API on the same home that does not load the network's plugin."""
    port = free_port()
    with installation.process(
        "serve", "--port", str(port), settings={"MPCAS2_DISABLED_PLUGINS": "bluesky"}
    ) as process:
        address = f"http://127.0.0.1:{port}"
        until(lambda: process.poll() is not None or answers(address), why="the API", seconds=60)
        yield address


def test_a_network_whose_plugin_is_missing(person: Person, without_plugin: str) -> None:
    person.sign_in()
    person.environment["MPCAS2_SERVER"] = without_plugin
    person.sign_in()
    connecting = person.cli("account", "connect", "bluesky")
    refused(connecting, 4, "no network 'bluesky'", "mpcas2 plugin list")
    publishing = person.cli("publish", "--text", "x")
    refused(publishing, 1, "bluesky")
    assert person.totals() == (0, 0, 0)


def test_the_list_of_plugins_says_why_one_is_not_used(environment: dict[str, str]) -> None:
    environment = {**environment, "MPCAS2_DISABLED_PLUGINS": "bluesky"}
    listed = mpcas2("plugin", "list", environment=environment)
    assert listed.code == 0
    assert "disabled" in listed.out
    assert "MPCAS2_DISABLED_PLUGINS" in listed.out
