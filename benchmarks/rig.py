"""What the benchmarks stand on: real servers, a migrated database, tenants, and worker processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import psutil
import uuid_utils.compat as uuids

from mpcas2_core import logs
from mpcas2_core.content.rows import NewContent
from mpcas2_core.database import Scope, Tenant
from mpcas2_core.database.migrate import migrate
from mpcas2_core.engine import Engine
from mpcas2_core.servers import LocalServers
from mpcas2_core.settings import Settings
from mpcas2_sandbox.process import SandboxProcess

# A link and a tag, so that facets are built; no mention, which would cost a request of its own.
TEXT = "Post {number} of a benchmark: https://example.com/read-more #benchmark"


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Servers that run for the length of a benchmark, and the environment of its processes."""

    servers: LocalServers
    environment: dict[str, str]

    def settings(self, **changes: str) -> Settings:
        return Settings.load({**self.environment, **changes})


class Publisher(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant with one connected account and one content."""

    tenant: Tenant
    user_id: UUID
    account_id: UUID
    content_id: UUID


@contextlib.contextmanager
def site() -> Iterator[Site]:
    """Runs durable PostgreSQL and Valkey from wheels, with the product's own settings."""
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


async def make_publisher(
    engine: Engine, network: SandboxProcess, account: Mapping[str, str]
) -> Publisher:
    """Registers a tenant, connects an account of the practice network, and makes a content."""
    password = await engine.identity.hash_new("Benchmark-Secret-1")
    async with engine.identity.transaction() as connection:
        owner = await engine.identity.register(
            connection,
            email=f"{uuid4().hex}@example.com",
            password_hash=password,
            name="Benchmark",
            tenant_name="Benchmark",
        )
    granted = await engine.accounts.authorize(
        owner.tenant,
        "bluesky",
        {
            "identifier": account["handle"],
            "appPassword": account["appPassword"],
            "server": network.url,
        },
    )

    async def store(scope: Scope) -> tuple[UUID, UUID]:
        row, _ = await engine.accounts.store(scope, owner.user_id, "bluesky", granted)
        content = await engine.contents.create(
            scope, owner.user_id, NewContent(title="Benchmark", type="text", text="Benchmark")
        )
        return row.id, content.id

    account_id, content_id = await engine.database.run(owner.tenant, store)
    return Publisher(
        tenant=owner.tenant, user_id=owner.user_id, account_id=account_id, content_id=content_id
    )


def practice_accounts(network: SandboxProcess, count: int) -> list[dict[str, str]]:
    """Makes accounts of their own at the practice network."""
    made = network.control.call("POST", "accounts", {"count": count, "prefix": "bench"})
    return list(made["accounts"])


async def submit_many(
    engine: Engine, publishers: Sequence[Publisher], *, each: int, due_at: datetime
) -> None:
    """Stores text posts in bulk: the same rows as ``publishing.jobs.submit``, without its checks."""
    for publisher in publishers:
        ids = [uuids.uuid7() for _ in range(each)]

        async def work(scope: Scope, ids: list[UUID] = ids, one: Publisher = publisher) -> None:
            await scope.execute(
                "INSERT INTO publish_jobs (id, user_id, content_id, social_account_id, platform, "
                "scheduled_at) SELECT id, $2, $3, $4, 'bluesky', $5 FROM unnest($1::uuid[]) AS id",
                ids,
                one.user_id,
                one.content_id,
                one.account_id,
                due_at,
            )
            await scope.execute(
                "INSERT INTO publish_parts (job_id, position, text) "
                "SELECT id, 0, text FROM unnest($1::uuid[], $2::text[]) AS n (id, text)",
                ids,
                [TEXT.format(number=number) for number in range(each)],
            )
            await scope.execute(
                "INSERT INTO public.due_jobs (job_id, tenant_id, due_at, next_at) "
                "SELECT id, $2, $3, $3 FROM unnest($1::uuid[]) AS id",
                ids,
                one.tenant.id,
                due_at,
            )

        await engine.database.run(publisher.tenant, work)
    async with engine.database.public() as connection:
        # As autovacuum would have done long before the due time.
        await connection.execute("ANALYZE public.due_jobs")


async def drained(engine: Engine, seconds: float) -> None:
    """Waits until nothing is in the due index any more."""
    async with asyncio.timeout(seconds), engine.database.public() as connection:
        while await connection.fetchval("SELECT EXISTS (SELECT 1 FROM public.due_jobs)"):  # noqa: ASYNC110 - other processes empty it
            await asyncio.sleep(0.05)


@contextlib.contextmanager
def worker(place: Site, *, profile: Path | None = None, **changes: str) -> Iterator[psutil.Process]:
    """Runs a worker process and returns when it takes offers; at the end it drains."""
    log = Path(place.environment["MPCAS2_HOME"]) / f"worker-{uuid4().hex[:8]}.log"
    command = [sys.executable, "-m", "benchmarks.worker_process"]
    if profile is not None:
        command.append(str(profile))
    with log.open("wb") as sink:
        child = subprocess.Popen(
            command,
            env={**place.environment, **changes},
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
