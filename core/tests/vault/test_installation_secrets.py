"""The installation's own secrets: made once, with mode 0600, and refused when they are no secret."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mpcas2_core.vault import MasterKeys, SecretsError, Vault, secret_for

MAKE = """
import sys
from pathlib import Path
from mpcas2_core.vault import secret_for

sys.stdin.readline()  # all processes go on at the same moment
print(secret_for(Path(sys.argv[1]), "master-key", None))
"""


def test_a_first_start_makes_a_secret_that_only_its_user_reads(tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = secret_for(home, "master-key", None)
    path = home / "secrets" / "master-key"
    assert len(base64.b64decode(made)) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert secret_for(home, "master-key", None) == made
    assert secret_for(home, "jwt", None) != made
    assert sorted(file.name for file in path.parent.iterdir()) == ["jwt", "master-key"]


def test_many_first_starts_at_once_agree_on_one_secret(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE, str(tmp_path)]
    starts = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("\n")
        start.stdin.flush()
    made = {start.communicate(timeout=60)[0] for start in starts}
    assert len(made) == 1
    assert [file.name for file in (tmp_path / "secrets").iterdir()] == ["master-key"]


def test_a_given_secret_is_used_and_nothing_is_written(tmp_path: Path) -> None:
    assert secret_for(tmp_path / "home", "jwt", "given") == "given"
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    secret_for(tmp_path, "master-key", None)
    path = tmp_path / "secrets" / "master-key"
    path.chmod(mode)
    with pytest.raises(SecretsError, match=f"chmod 600 {path}"):
        secret_for(tmp_path, "master-key", None)


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00"])
def test_an_empty_or_broken_secret_is_refused_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "secrets" / "jwt"
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_bytes(content)
    with pytest.raises(SecretsError, match="backup"):
        secret_for(tmp_path, "jwt", None)
    assert path.read_bytes() == content


def test_a_home_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    with pytest.raises(SecretsError, match="Set MPCAS2_HOME"):
        secret_for(tmp_path / "home", "jwt", None)


@pytest.mark.parametrize("text", ["x", "AAAA", base64.b64encode(b"x" * 31).decode(), "ä" * 44])
def test_a_malformed_master_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(SecretsError, match="openssl rand -base64 32") as caught:
        MasterKeys(text)
    assert text not in str(caught.value)
    with pytest.raises(SecretsError, match="empty"):
        MasterKeys(" \n")


def test_no_key_shows_in_a_repr() -> None:
    text = base64.b64encode(os.urandom(32)).decode()
    keys = MasterKeys(text)
    for shown in (repr(keys), str(keys), repr(Vault(keys)), repr(vars(keys))):
        assert text not in shown
    assert keys.current in repr(keys)
