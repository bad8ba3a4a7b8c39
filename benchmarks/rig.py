"""What the benchmarks stand on: real servers, a migrated database, and worker processes."""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec
import psutil
from benchmarks.networks import Network

from mpcas2_core import logs
from mpcas2_core.database.migrate import migrate
from mpcas2_core.engine import Engine
from mpcas2_core.servers import LocalServers
from mpcas2_core.settings import Settings


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Servers that run for the length of a benchmark, and the environment of its processes."""

    servers: LocalServers
    environment: dict[str, str]

    def settings(self, **changes: str) -> Settings:
        return Settings.load({**self.environment, **changes})


@contextlib.contextmanager
def site(
    networks: Collection[Network] = (), more: Mapping[str, str] | None = None
) -> Iterator[Site]:
    """Runs durable PostgreSQL and Valkey from wheels, with the product's own settings.

    Args:
        networks: Practice networks that workers shall reach.
        more: Further variables.
    """
    # Root's servers run as another user, who has to pass through the folder.
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-bench-"))
    folder.chmod(0o755)
    try:
        with LocalServers(folder / "home", durable=True) as servers:
            yield Site(
                servers=servers,
                environment={
                    "PATH": os.environ.get("PATH", ""),
                    "HOME": str(folder),
                    "LC_ALL": "C.UTF-8",
                    "TZ": "UTC",
                    "MPCAS2_HOME": str(folder / "home"),
                    "MPCAS2_LOG_FORMAT": "json",
                    "DATABASE_URL": servers.database_url,
                    "REDIS_URL": servers.redis_url,
                    # Practice networks listen on this machine.
                    "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1,localhost",
                    **{
                        name: value
                        for network in networks
                        for name, value in network.environment().items()
                    },
                    **(more or {}),
                },
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def engine_of(place: Site) -> AsyncIterator[Engine]:
    """Opens an engine on a migrated database, for set-up and for reading results."""
    logs.configure(level="warning", log_format="json")
    engine = await Engine.open(place.settings(), application="benchmark")
    try:
        await migrate(engine.database)
        yield engine
    finally:
        await engine.close()


@contextlib.contextmanager
def worker(
    place: Site, changes: Mapping[str, str] | None = None, *, profile: Path | None = None
) -> Iterator[psutil.Process]:
    """Runs a worker process from the moment when it takes offers; at the end it drains.

    Args:
        place: The servers.
        changes: Variables over those of the place.
        profile: File for samples of its stack; None takes none.
    """
    log = Path(place.environment["MPCAS2_HOME"]) / f"worker-{uuid4().hex[:8]}.log"
    command = [sys.executable, "-m", "benchmarks.worker_process"]
    if profile is not None:
        command.append(str(profile))
    with log.open("wb") as sink:
        child = subprocess.Popen(
            command,
            env={**place.environment, **(changes or {})},
            cwd=Path(__file__).parents[1],
            stdout=subprocess.PIPE,
            stderr=sink,
        )
    try:
        if child.stdout is None or child.stdout.readline().strip() != b"ready":
            raise RuntimeError(f"The worker did not start: {log.read_text()[-2000:]}")
        yield psutil.Process(child.pid)
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()


def headline(what: str) -> str:
    """Says what was measured, when and on what machine."""
    cores, memory = os.cpu_count(), psutil.virtual_memory().total / 2**30
    return (
        f"{what}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cores} cores, {memory:.0f} GiB, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}; PostgreSQL "
        f"(durable) and Valkey from wheels, load {os.getloadavg()[0]:.1f} at the start\n"
    )


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float], unit: str = "") -> str:
    """Shows the median and the range."""
    if len(values) == 1:
        return f"{values[0]:,.0f}{unit}"
    return f"{median(values):,.0f}{unit} ({min(values):,.0f} to {max(values):,.0f})"
