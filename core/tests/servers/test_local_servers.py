import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from mpcas2_core.servers import LocalServers, ServerError
from mpcas2_core.servers.home import free_port

Query = Callable[..., Any]

HOLD = """
import sys
from pathlib import Path
from mpcas2_core.servers import LocalServers
with LocalServers(Path(sys.argv[1]), durable=False, valkey=False) as servers:
    print(servers.database_url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(module_folder: Path, servers: LocalServers) -> Path:
    assert servers.processes()
    return module_folder / "home"


def store(servers: LocalServers) -> redis.Redis:
    return redis.Redis.from_url(servers.redis_url, decode_responses=True)


def test_postgres_is_set_up_as_promised(servers: LocalServers, query: Query) -> None:
    expected = {
        "data_checksums": "on",
        "max_connections": "200",
        "max_locks_per_transaction": "256",
        "password_encryption": "scram-sha-256",
        "autovacuum_naptime": "10s",
        "shared_buffers": "128MB",
        "fsync": "off",
    }
    shown = {name: query(servers.database_url, f"SHOW {name}") for name in expected}
    assert shown == expected
    assert query(servers.database_url, "SELECT lower('ÄÖ')") == "äö"
    assert query(servers.database_url, "SELECT current_database()") == "mpcas2"


def test_valkey_keeps_nothing_and_evicts_nothing(servers: LocalServers) -> None:
    with store(servers) as client:
        assert client.config_get("appendonly") == {"appendonly": "no"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_wrong_password_is_refused_by_both(servers: LocalServers, query: Query) -> None:
    database, queue = urlsplit(servers.database_url), urlsplit(servers.redis_url)
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(f"postgresql://mpcas2:wrong@{database.hostname}:{database.port}/mpcas2", "SELECT 1")
    with (
        redis.Redis(port=queue.port or 0, password="wrong", retry=Retry(NoBackoff(), 0)) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_passwords_are_on_no_command_line_and_in_private_files(
    servers: LocalServers, home: Path
) -> None:
    for name, url in (("postgres", servers.database_url), ("valkey", servers.redis_url)):
        path = home / "secrets" / f"{name}-password"
        password = path.read_text().strip()
        assert password == urlsplit(url).password
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        listing = subprocess.run(
            ["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True
        )
        assert password not in listing.stdout
        assert password not in repr(servers)


def test_both_come_back_on_the_same_port_and_the_database_with_its_data(
    servers: LocalServers, query: Query
) -> None:
    database_url, redis_url = servers.database_url, servers.redis_url
    query(database_url, "CREATE TABLE kept AS SELECT 7 AS n")
    with store(servers) as client:
        client.set("kept", "7")
    before = {process.pid for process in servers.processes()}
    servers.postgres_restart()
    servers.valkey_restart()
    assert (servers.database_url, servers.redis_url) == (database_url, redis_url)
    assert before.isdisjoint({process.pid for process in servers.processes()})
    assert query(database_url, "SELECT n FROM kept") == 7
    with store(servers) as client:
        # The queue is a doorbell: what is due stands in the database.
        assert client.get("kept") is None


def test_processes_name_version_and_port(servers: LocalServers) -> None:
    found = servers.processes()
    assert [process.name for process in found] == ["postgres", "valkey"]
    assert found[0].version.startswith("18.")
    assert found[0].port == urlsplit(servers.database_url).port
    for process in found:
        os.kill(process.pid, 0)


def test_a_second_start_in_this_process_is_refused_and_names_the_holder(
    servers: LocalServers, home: Path
) -> None:
    with pytest.raises(ServerError, match=rf"Process {os.getpid()} already runs .*{home}"):
        LocalServers(home).start()
    assert servers.processes()


def test_start_is_idempotent(servers: LocalServers) -> None:
    before = servers.processes()
    servers.start()
    assert servers.processes() == before


def test_another_process_attaches_and_leaves_the_servers_running(
    servers: LocalServers, home: Path
) -> None:
    attached = LocalServers.attach(home)
    assert attached is not None
    assert attached.database_url == servers.database_url
    assert attached.redis_url == servers.redis_url
    assert attached.processes() == servers.processes()
    attached.stop()
    assert all(LocalServers.attach(home) for _ in range(3))


def test_servers_of_another_process_can_be_attached_until_it_ends(
    open_folder: Path, query: Query
) -> None:
    home = open_folder / "home"
    assert LocalServers.attach(home) is None
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        url = holder.stdout.readline().strip()
        attached = LocalServers.attach(home)
        assert attached is not None
        assert attached.database_url == url
        assert query(attached.database_url, "SELECT 1") == 1
        with pytest.raises(ServerError, match="valkey is not running"):
            _ = attached.redis_url
        with pytest.raises(ServerError, match=f"Process {holder.pid} already runs"):
            LocalServers(home).start()
        holder.communicate("")
        assert holder.returncode == 0
    assert LocalServers.attach(home) is None


def test_a_stop_keeps_data_and_passwords_and_a_lost_password_is_replaced(
    open_folder: Path, query: Query
) -> None:
    home = open_folder / "a home with spaces"
    password_file = home / "secrets" / "postgres-password"
    servers = LocalServers(home, durable=False)
    with servers:
        query(servers.database_url, "CREATE TABLE kept AS SELECT 7 AS n")
        first = urlsplit(servers.database_url).password
    assert servers.processes() == []
    with pytest.raises(ServerError, match="not running"):
        _ = servers.database_url
    with servers:
        assert urlsplit(servers.database_url).password == first
        assert query(servers.database_url, "SELECT n FROM kept") == 7
    password_file.unlink()
    with servers:
        assert urlsplit(servers.database_url).password not in {first, None}
        assert query(servers.database_url, "SELECT n FROM kept") == 7


def test_a_start_that_was_killed_while_making_the_data_is_made_good(open_folder: Path) -> None:
    home = open_folder / "home"
    half_made = home / "postgres.new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    (home / ".initdb-left").write_text("old\n")
    with LocalServers(home, durable=False, valkey=False) as servers:
        assert servers.processes()
        assert not half_made.exists()
        assert not (home / ".initdb-left").exists()


def test_data_of_another_major_version_are_refused_and_left_alone(open_folder: Path) -> None:
    data = open_folder / "home" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(ServerError, match=r"made by PostgreSQL 17.*mpcas2 backup.*mpcas2 restore"):
        LocalServers(open_folder / "home").start()
    assert [path.name for path in data.iterdir()] == ["PG_VERSION"]
    assert LocalServers.attach(open_folder / "home") is None


def test_a_folder_with_other_things_is_not_taken_for_data(open_folder: Path) -> None:
    data = open_folder / "home" / "postgres"
    data.mkdir(parents=True)
    (data / "letters.txt").write_text("dear")
    with pytest.raises(ServerError, match="holds files but no PostgreSQL data"):
        LocalServers(open_folder / "home").start()
    assert (data / "letters.txt").read_text() == "dear"


def test_a_home_that_cannot_be_made_is_explained(open_folder: Path) -> None:
    (open_folder / "file").write_text("")
    with pytest.raises(ServerError, match=r"Cannot make .*MPCAS2_HOME"):
        LocalServers(open_folder / "file" / "home").start()


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_taken_port_is_explained_after_a_crash_and_avoided_at_a_start(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        ports = iter([taken, free_port()])
        monkeypatch.setattr(f"mpcas2_core.servers.{name}.free_port", lambda: next(ports))
        servers = LocalServers(
            open_folder / "home",
            durable=False,
            postgres=name == "postgres",
            valkey=name == "valkey",
        )
        with servers:
            assert servers.processes()[0].port != taken
            server = servers._servers[name]
            server.stop()
            with pytest.raises(ServerError, match=f"port {taken} .* is taken"):
                server.start(taken)


def test_what_postgres_says_when_it_refuses_is_quoted(open_folder: Path) -> None:
    home = open_folder / "home"
    with LocalServers(home, durable=False, valkey=False):
        pass
    with (home / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(ServerError, match="no_such_setting"):
        LocalServers(home, valkey=False).start()
    assert LocalServers.attach(home) is None
    shutil.rmtree(home / "postgres")
