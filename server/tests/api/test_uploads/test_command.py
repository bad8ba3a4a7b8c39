import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mpcas2_server.cli import resumable
from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.resumable import Sender, send_file
from mpcas2_server.cli.session import Session, SessionFile
from mpcas2_server.cli.upload_notes import UploadNotes

SIZE = 40_000_000
FIELDS = {"filename": "film.pdf", "title": "Film", "type": "document", "tags": ["a", "ü"]}


@pytest.fixture
def film(tmp_path: Path, pdf: bytes) -> Path:
    path = tmp_path / "film.pdf"
    with path.open("wb") as file:
        file.write(pdf)
        file.truncate(SIZE)
    return path


@pytest.fixture
def notes(tmp_path: Path) -> UploadNotes:
    return UploadNotes(tmp_path / "notes")


def sent(user: Any, tokens: Any, notes: UploadNotes, film: Path, show: Any) -> str:
    address = user.server.url.removesuffix("/api/v1")
    with Sender(address, tokens) as sender:
        key = notes.key(address, "ada", film, FIELDS)
        return send_file(sender, notes, key, film, FIELDS, show)


def test_a_command_that_is_stopped_goes_on_where_it_was(
    own_user: Any, tokens: Any, notes: UploadNotes, film: Path
) -> None:
    def stop(through: int) -> None:
        if through > SIZE * 2 // 5:
            raise KeyboardInterrupt

    with pytest.raises(CliError, match="Stopped at") as caught:
        sent(own_user, tokens, notes, film, stop)
    assert (caught.value.exit_code, caught.value.code) == (ExitCode.INTERRUPTED, "INTERRUPTED")
    assert "same command again" in str(caught.value.hint)
    seen: list[int] = []
    content_id = sent(own_user, tokens, notes, film, seen.append)
    assert min(one for one in seen if one) > 1_000_000
    content = own_user.http.get(f"/content/{content_id}").json()
    assert (content["fileSize"], content["tags"]) == (SIZE, ["a", "ü"])
    assert own_user.whole_file(content_id) == film.read_bytes()
    assert len(own_user.files()) == 1
    # Nothing is remembered of it: the same file again is another content.
    assert sent(own_user, tokens, notes, film, seen.append) != content_id


def test_a_server_that_dies_and_comes_back_is_waited_for(
    own_user: Any, tokens: Any, notes: UploadNotes, film: Path
) -> None:
    killed = False

    def show(through: int) -> None:
        nonlocal killed
        if through > SIZE * 2 // 5 and not killed:
            killed = True
            own_user.server.kill()
            own_user.server.start()

    content_id = sent(own_user, tokens, notes, film, show)
    assert killed
    assert own_user.whole_file(content_id) == film.read_bytes()
    assert len(own_user.files()) == 1


def test_a_refused_file_is_told_and_the_next_attempt_begins_anew(
    own_user: Any, tokens: Any, notes: UploadNotes, tmp_path: Path
) -> None:
    page = tmp_path / "page.pdf"
    page.write_bytes(b"<html>".ljust(9_000_000))
    for _ in range(2):
        with pytest.raises(CliError, match="HTML page") as caught:
            sent(own_user, tokens, notes, page, lambda _through: None)
        assert caught.value.code == "UNSUPPORTED_MEDIA_TYPE"
    assert own_user.files() == []


def test_a_check_without_an_end_is_not_waited_for_for_ever(
    tokens: Any, notes: UploadNotes, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable, "CHECK_PATIENCE", 3.0)
    slept: list[float] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), AlwaysChecking) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            with Sender(address, tokens, sleep=slept.append) as sender:
                notes.keep("film", "1")
                with pytest.raises(CliError, match="still checks it") as caught:
                    send_file(sender, notes, "film", film, FIELDS, lambda _through: None)
        finally:
            server.shutdown()
    assert "same command again" in str(caught.value.hint)
    assert sum(slept) == 3.0
    assert notes.find("film") == "1"


class AlwaysChecking(BaseHTTPRequestHandler):
    """A server whose check of a file never ends."""

    def do_GET(self) -> None:
        body = json.dumps({"state": "checking", "received": SIZE, "size": SIZE, "busy": True})
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Prints nothing."""


@pytest.fixture
def environment(own_user: Any, tmp_path: Path) -> dict[str, str]:
    """The environment of a person who is signed in."""
    session = Session(
        server=own_user.server.url.removesuffix("/api/v1"),
        access_token=own_user.token,
        refresh_token="none",
        expires_at=time.time() + 800,
        email="ada@example.org",
        name="Ada",
        tenant="Studio",
    )
    SessionFile(tmp_path / "person" / "session.json").save(session)
    return {**os.environ, "MPCAS2_HOME": str(tmp_path / "person")}


def test_a_person_sees_a_bar_that_fits_into_80_columns(
    environment: dict[str, str], film: Path
) -> None:
    named = film.rename(film.with_name(f"{'a long name ' * 9}.pdf"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "mpcas2_server.cli", "content", "add", str(named)]
    process = subprocess.Popen(
        command,
        env={**environment, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    with suppress(OSError):
        while some := os.read(ours, 65536):
            shown += some
    os.close(ours)
    assert process.stdout is not None
    with process.stdout as out:
        assert b"bytes" in out.read()
    assert process.wait(30) == 0
    lines = re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode()))
    bars = [line for line in lines if "%" in line]
    assert bars
    assert all("a long name" in line and len(line) <= 80 for line in bars)


def test_the_command_uploads_large_and_small_files(
    own_user: Any, environment: dict[str, str], film: Path, tmp_path: Path, pdf: bytes
) -> None:
    small = tmp_path / "small.pdf"
    small.write_bytes(pdf)
    for path in (film, small):
        command = [sys.executable, "-m", "mpcas2_server.cli", "content", "add", str(path)]
        done = subprocess.run(
            [*command, "--title", "Ein Titel", "--tag", "x", "--json"],
            env=environment,
            capture_output=True,
            check=True,
        )
        made = json.loads(done.stdout)
        assert (made["title"], made["tags"], made["fileName"]) == ("Ein Titel", ["x"], path.name)
        assert made["fileSize"] == path.stat().st_size
        plain = subprocess.run(command, env=environment, capture_output=True, check=True)
        assert path.stem.encode() in plain.stdout
        assert b"\x1b" not in plain.stdout + plain.stderr
        assert max(map(len, plain.stderr.decode().splitlines())) <= 80
