"""An installation that the release before this one made, and everything that touches it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from tests.upgrades.releases import Process, Release, next_release, previous_release
from tests.upgrades.studio import Studio
from waiting import until

from mpcas2_core.database.migrate import LOCK_SPACE
from mpcas2_sandbox import SandboxProcess

# Quick enough to wait for the lease of a dead worker; a send has time enough on a busy machine.
QUICK = {
    "MPCAS2_LEASE_SECONDS": "6",
    "MPCAS2_SEND_SECONDS": "5",
    "MPCAS2_POLL_SECONDS": "0.2",
    "MPCAS2_REOFFER_SECONDS": "0.5",
    "MPCAS2_BACKOFF_SECONDS": "0.3",
    "MPCAS2_LOG_FORMAT": "json",
}
# Below those that systems take for outgoing connections.
PORTS = (15_000, 32_000)


class Fleet:
    """A database, the two releases that use it, and the tenants in it."""

    def __init__(
        self, old: Release, new: Release, network: SandboxProcess, database_url: str, folder: Path
    ) -> None:
        self.old = old
        self.new = new
        self.network = network
        self.folder = folder
        self.studios: list[Studio] = []
        self.processes: list[Process] = []
        self._url = database_url
        self._closing = contextlib.ExitStack()

    def close(self) -> None:
        self._closing.close()

    def worker(self, release: Release) -> Process:
        """Starts a worker and returns when it works."""
        process = self._start(release, "worker")
        until(lambda: "worker_started" in process.said(), why="a worker starts", seconds=60)
        return process

    def server(self, release: Release) -> tuple[Process, str]:
        """Starts an API and returns when it is ready, with its address."""
        port = free_port()
        process = self._start(release, "serve", "--port", str(port))
        address = f"http://127.0.0.1:{port}"
        until(lambda: process.said() is not None and _is_ready(address), why="an API", seconds=60)
        return process, address

    def found(self, address: str, count: int) -> list[Studio]:
        """Signs up tenants, each with an account on the network."""
        made = self.network.control.call("POST", "accounts", {"count": count})["accounts"]
        studios = [Studio(address, self.network, account) for account in made]
        for studio in studios:
            self._closing.callback(studio.close)
        self.studios += studios
        return studios

    def start_migration(self) -> Process:
        """Starts the migrations of the new release and returns at once."""
        return self._start(self.new, "migrate")

    def sql(self, statement: str, *args: Any) -> list[asyncpg.Record]:
        async def run() -> list[asyncpg.Record]:
            connection = await asyncpg.connect(self._url)
            try:
                rows: list[asyncpg.Record] = await connection.fetch(statement, *args)
                return rows
            finally:
                await connection.close()

        return asyncio.run(run())

    def versions(self) -> list[str]:
        """Gives the versions of the tenants, in the order in which they signed up."""
        rows = self.sql("SELECT schema_version FROM public.tenants ORDER BY created_at, id")
        return [row["schema_version"] for row in rows]

    @contextlib.contextmanager
    def holding(self, *, of: slice) -> Iterator[None]:
        """Keeps the migration of some tenants waiting, as a table that is rewritten for long would."""
        rows = self.sql("SELECT schema_name FROM public.tenants ORDER BY created_at, id")
        with asyncio.Runner() as runner:
            connection = runner.run(asyncpg.connect(self._url))
            try:
                for row in rows[of]:
                    runner.run(
                        connection.execute(
                            "SELECT pg_advisory_lock($1, hashtext($2))",
                            LOCK_SPACE,
                            row["schema_name"],
                        )
                    )
                yield
            finally:
                runner.run(connection.close())

    def _start(self, release: Release, *arguments: str) -> Process:
        log = self.folder / f"{len(self.processes)}-{arguments[0]}.log"
        process = self._closing.enter_context(release.process(log, *arguments))
        self.processes.append(process)
        return process


def free_port() -> int:
    """Gives a port that nothing listens on, and that no outgoing connection is given meanwhile."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _is_ready(address: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{address}/health/ready", trust_env=False).is_success
    return False


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    finally:
        await connection.close()


@pytest.fixture
def fleet(settings_env: dict[str, str], tmp_path: Path) -> Iterator[Fleet]:
    """An installation at the release before this one, with nobody in it and nothing that runs."""
    environment = {**settings_env, **QUICK}
    old = previous_release(tmp_path / "old", environment)
    if old is None:
        pytest.skip("the history of this checkout does not reach back to the release before")
    asyncio.run(_empty(environment["DATABASE_URL"]))
    done = old.command("migrate")
    assert done.returncode == 0, done.stderr
    new = next_release(tmp_path / "new", environment)
    with SandboxProcess("bluesky") as network:
        fleet = Fleet(old, new, network, environment["DATABASE_URL"], tmp_path)
        try:
            yield fleet
        finally:
            fleet.close()
            # Shown by pytest when the test failed.
            for process in fleet.processes:
                sys.stdout.write(f"{process.log.name}:\n{process.log.read_text()[-3000:]}\n")
