from __future__ import annotations

import json
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mpcas2_server.cli.failures import CliError
from mpcas2_server.cli.session import Session, SessionFile, SignIn, session_path
from mpcas2_server.client import SignInNeeded


def _session(server: str, *, expires_in: float = 900, number: int = 0) -> Session:
    return Session(
        server=server,
        access_token=f"access-{number}",
        refresh_token=f"refresh-{number}",
        expires_at=time.time() + expires_in,
        email="ada@example.org",
        name="Ada",
        tenant="Studio",
    )


def _rotating(answers: Any) -> list[str]:
    """Makes the server give each refresh token's successor, and refuse a used one."""
    used: list[str] = []

    def reply(_method: str, path: str) -> tuple[int, bytes]:
        assert path == "/api/v1/auth/refresh"
        given = json.loads(answers.seen[-1][3])["refreshToken"]
        if given in used:
            error = {"code": "REFRESH_REUSED", "message": "It was used before."}
            return 401, json.dumps({"error": error}).encode()
        used.append(given)
        user = {"email": "ada@example.org", "name": "Ada"}
        body = {
            "accessToken": f"access-{len(used)}",
            "refreshToken": f"refresh-{len(used)}",
            "expiresIn": 900,
            "user": user,
        }
        return 200, json.dumps(body).encode()

    answers.reply = reply
    return used


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"MPCAS2_HOME": "/srv/m"}, "/srv/m/session.json"),
        ({"MPCAS2_HOME": "/srv/m", "XDG_CONFIG_HOME": "/x"}, "/srv/m/session.json"),
        ({"XDG_CONFIG_HOME": "/x"}, "/x/mpcas2/session.json"),
        ({}, str(Path.home() / ".mpcas2" / "session.json")),
    ],
)
def test_the_session_is_kept_where_the_environment_says(
    environ: dict[str, str], expected: str
) -> None:
    assert str(session_path(environ)) == expected


def test_only_its_owner_can_read_the_session(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "new" / "session.json")
    file.save(_session("http://h"))
    file.save(_session("http://h", number=1))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert file.load() is not None
    assert [one.name for one in file.path.parent.iterdir()] == ["session.json"]


def test_tokens_are_not_in_the_repr() -> None:
    assert "access-0" not in repr(_session("http://h"))
    assert "refresh-0" not in repr(_session("http://h"))


def test_a_damaged_session_says_to_sign_in_again(tmp_path: Path) -> None:
    file = SessionFile(tmp_path / "session.json")
    file.path.write_text('{"server": 1')
    with pytest.raises(CliError, match="damaged"):
        file.load()


def test_a_good_token_is_used_without_asking_the_server(tmp_path: Path, answers: Any) -> None:
    file = SessionFile(tmp_path / "session.json")
    file.save(_session(answers.url))
    assert SignIn(file, answers.url).access_token() == "access-0"
    assert answers.seen == []


def test_an_ending_token_is_renewed_and_kept(tmp_path: Path, answers: Any) -> None:
    _rotating(answers)
    file = SessionFile(tmp_path / "session.json")
    file.save(_session(answers.url, expires_in=5))
    assert SignIn(file, answers.url).access_token() == "access-1"
    kept = file.load()
    assert kept is not None
    assert (kept.refresh_token, kept.tenant) == ("refresh-1", "Studio")


def test_tokens_are_not_sent_to_another_server(tmp_path: Path, answers: Any) -> None:
    file = SessionFile(tmp_path / "session.json")
    file.save(_session("http://other.example"))
    with pytest.raises(SignInNeeded, match=r"not at .*login --server"):
        SignIn(file, answers.url).access_token()
    assert answers.seen == []


def test_a_sign_in_that_has_ended_says_so(tmp_path: Path, answers: Any) -> None:
    used = _rotating(answers)
    used.append("refresh-0")
    file = SessionFile(tmp_path / "session.json")
    file.save(_session(answers.url, expires_in=0))
    with pytest.raises(SignInNeeded, match="login"):
        SignIn(file, answers.url).access_token()


def test_two_processes_that_renew_at_once_use_one_refresh_token_once(
    tmp_path: Path, answers: Any
) -> None:
    used = _rotating(answers)
    file = SessionFile(tmp_path / "session.json")
    file.save(_session(answers.url, expires_in=0))
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mpcas2_server.cli.session import SessionFile, SignIn\n"
        "sign_in = SignIn(SessionFile(Path(sys.argv[1])), sys.argv[2])\n"
        "sys.stdin.read()\n"
        "print(sign_in.access_token())\n"
    )
    command = [sys.executable, "-c", script, str(file.path), answers.url]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.close()
    given = set()
    for process in processes:
        assert process.stdout is not None
        given.add(process.stdout.read())
        process.stdout.close()
        assert process.wait(30) == 0
    assert given == {b"access-1\n"}
    assert used == ["refresh-0"]
