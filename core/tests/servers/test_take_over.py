import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mpcas2_core.servers import LocalServers
from mpcas2_core.servers.process import runs_on, wait_until

Query = Callable[..., Any]

# From another thread the servers are not tied to the parent, as on a system without that ability.
PARENT = """
import asyncio, json, sys, threading, time
from pathlib import Path
import asyncpg
from mpcas2_core.servers import LocalServers
servers = LocalServers(Path(sys.argv[1]), durable=False)
if sys.argv[2] == "tied":
    servers.start()
else:
    thread = threading.Thread(target=servers.start)
    thread.start()
    thread.join()
async def fill():
    connection = await asyncpg.connect(servers.database_url)
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    await connection.close()
asyncio.run(fill())
print(json.dumps([[p.name, p.pid] for p in servers.processes()]), flush=True)
time.sleep(600)
"""
PROGRAMS = {"postgres": "postgres", "valkey": "valkey-server"}


@contextmanager
def killed_parent(home: Path, kind: str) -> Iterator[dict[str, int]]:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(home), kind], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = dict(json.loads(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    yield pids


def living(home: Path, pids: dict[str, int]) -> list[str]:
    return [name for name, pid in pids.items() if runs_on(pid, PROGRAMS[name], home / name)]


def test_servers_that_survived_a_killed_parent_are_taken_over(
    open_folder: Path, query: Query
) -> None:
    home = open_folder / "home"
    with killed_parent(home, "untied") as pids:
        assert living(home, pids) == ["postgres", "valkey"]
        assert LocalServers.attach(home) is None
        with LocalServers(home, durable=False) as servers:
            assert living(home, pids) == []
            assert query(servers.database_url, "SELECT n FROM kept") == 7


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_servers_end_with_a_killed_parent_and_the_next_start_works(
    open_folder: Path, query: Query
) -> None:
    home = open_folder / "home"
    with (
        killed_parent(home, "tied") as pids,
        LocalServers(home, durable=False, valkey=False) as servers,
    ):
        assert query(servers.database_url, "SELECT n FROM kept") == 7
        assert wait_until(lambda: living(home, pids) == [], 20)


def test_a_pid_file_whose_number_another_process_has_now_is_dealt_with(
    open_folder: Path, query: Query
) -> None:
    home = open_folder / "home"
    with subprocess.Popen(["sleep", "600"]) as other:
        servers = LocalServers(home, durable=False)
        with servers:
            for process in servers.processes():
                os.kill(process.pid, signal.SIGKILL)
        for name in ("postgres/postmaster.pid", "valkey/valkey.pid"):
            lines = (home / name).read_text().splitlines()
            (home / name).write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        with servers:
            assert query(servers.database_url, "SELECT 1") == 1
        assert other.poll() is None
        other.kill()


def test_servers_that_were_killed_come_back_on_restart(open_folder: Path, query: Query) -> None:
    with LocalServers(open_folder / "home", durable=False) as servers:
        url = servers.database_url
        for process in servers.processes():
            os.kill(process.pid, signal.SIGKILL)
        servers.postgres_restart()
        servers.valkey_restart()
        assert servers.database_url == url
        assert query(url, "SELECT 1") == 1
        assert len(servers.processes()) == 2
