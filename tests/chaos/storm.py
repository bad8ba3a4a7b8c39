"""Publishes many posts while workers are killed, stores are lost and the network misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg
import msgspec
from redis.asyncio import Redis
from tests.chaos.storm_plan import (
    ACCOUNTS_PER_TENANT,
    LONGEST_DELAY,
    TENANTS,
    PlannedPost,
    StormPlan,
)
from tests.chaos.storm_tenant import StormTenant
from tests.chaos.verdict import Asked, judge
from workers import Forge, WorkerProcess

from mpcas2_core.database import Database
from mpcas2_core.database.migrate import migrate
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.story import tell
from mpcas2_core.servers import LocalServers
from mpcas2_core.settings import Settings
from mpcas2_sandbox import SandboxProcess

__all__ = ("StormReport", "run_storm")

WORKERS = 3
OUTCOMES_PER_KILL = 20
WATCH_SECONDS = 0.03
# Nothing that a job waits for takes as long.
STALL_SECONDS = 40.0
FINAL_STATES = ("published", "failed", "missed", "unconfirmed", "cancelled")
# What a successor writes for a worker that is gone is no outcome: each kill would call for the next.
WRITTEN_FOR_OTHERS = ("interrupted", "unreported")
DATABASE_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
SETTINGS = {
    "MPCAS2_LEASE_SECONDS": "1",
    "MPCAS2_SEND_SECONDS": "0.7",
    "MPCAS2_POLL_SECONDS": "0.2",
    "MPCAS2_REOFFER_SECONDS": "0.5",
    "MPCAS2_BACKOFF_SECONDS": "0.2",
    "MPCAS2_BACKOFF_MAX_SECONDS": "2",
    # Many more than the faults that can meet in one post.
    "MPCAS2_MAX_FAILURES": "30",
    "MPCAS2_CONCURRENCY": "8",
    "MPCAS2_POOL_SIZE": "4",
    "MPCAS2_LOG_FORMAT": "json",
    "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
}


class StormReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a storm went.

    Attributes:
        seed: Of its plan.
        posts: Posts that were asked for, threads counted once.
        parts: Posts that the network had to count.
        seconds: From the first worker to the last job.
        kills: Workers killed.
        flushes: How often the queue's store was emptied.
        restarts: How often PostgreSQL was restarted.
        faults: What the network did wrong, by action.
        outcomes: Attempts by outcome.
        late: Outcomes that came too late and were kept as evidence.
        repeats: Records that the network was given once more, unchanged.
        problems: Everything that is not as it must be.
    """

    seed: int
    posts: int
    parts: int
    seconds: float
    kills: int
    flushes: int
    restarts: int
    faults: dict[str, int]
    outcomes: dict[str, int]
    late: int
    repeats: int
    problems: tuple[str, ...]


def run_storm(plan: StormPlan) -> StormReport:
    """Lives through a storm on servers of its own. Call it from the main thread.

    It ends when no job has anything left to do, or when nothing has happened for a long time: a busy
    machine makes a storm long, but not endless.

    Args:
        plan: What happens.
    """
    with _folder() as folder, contextlib.ExitStack() as closing:
        # Durable, as an installation has it: a restart must keep what was committed.
        servers = closing.enter_context(LocalServers(folder / "home"))
        sandbox = closing.enter_context(SandboxProcess("bluesky"))
        forge = closing.enter_context(Forge(folder))
        return asyncio.run(_Storm(plan, folder, servers, sandbox, forge).run())


class _Storm:
    def __init__(
        self,
        plan: StormPlan,
        folder: Path,
        servers: LocalServers,
        sandbox: SandboxProcess,
        forge: Forge,
    ) -> None:
        self._plan = plan
        self._servers = servers
        self._sandbox = sandbox
        self._forge = forge
        self._random = Random(plan.seed)
        self._env = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "MPCAS2_HOME": str(folder / "home"),
            "DATABASE_URL": servers.database_url,
            "REDIS_URL": servers.redis_url,
            **SETTINGS,
        }
        self._tenants: list[StormTenant] = []
        self._jobs: list[tuple[PlannedPost, UUID]] = []
        self._workers: list[WorkerProcess] = []
        self._kills = 0

    async def run(self) -> StormReport:
        await self._migrate()
        engine = await Engine.open(Settings.load(self._env))
        try:
            await self._ask(engine)
            begun = time.monotonic()
            await self._rage(engine)
            took = time.monotonic() - begun
            await self._calm_down()
            return await self._report(engine, took)
        finally:
            await engine.close()

    async def _migrate(self) -> None:
        database = await Database.open(self._env["DATABASE_URL"], size=2)
        try:
            await migrate(database)
        finally:
            await database.close()

    async def _ask(self, engine: Engine) -> None:
        count = TENANTS * ACCOUNTS_PER_TENANT
        order = {"count": count, "prefix": "storm"}
        practice = self._sandbox.control.call("POST", "accounts", order)["accounts"]
        for number in range(TENANTS):
            mine = practice[number * ACCOUNTS_PER_TENANT : (number + 1) * ACCOUNTS_PER_TENANT]
            tenant = await StormTenant.make(engine, mine, self._sandbox.url)
            self._tenants.append(tenant)
            posts = [post for post in self._plan.posts if post.tenant == number]
            ids = await tenant.submit(engine, posts)
            self._jobs.extend(zip(posts, ids, strict=True))
        for rule in self._plan.faults:
            self._sandbox.control.add_fault(rule)

    async def _rage(self, engine: Engine) -> None:
        self._workers = [self._forge.worker(self._env) for _ in range(WORKERS)]
        flushes, restart_due = list(self._plan.flush_at), True
        seen, deadline = 0, time.monotonic() + STALL_SECONDS
        while time.monotonic() < deadline:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                outcomes, unfinished = await self._watch(engine)
            except DATABASE_FAULTS:
                # Our own connections break at the restart as well.
                continue
            if outcomes > seen:
                seen, deadline = outcomes, time.monotonic() + STALL_SECONDS
            while self._kills < outcomes // OUTCOMES_PER_KILL:
                self._kill_one()
            while flushes and outcomes >= flushes[0]:
                del flushes[0]
                await self._flush()
            if restart_due and outcomes >= self._plan.restart_at:
                restart_due = False
                # In this thread on purpose: on Linux the server ends with the thread that starts it.
                self._servers.postgres_restart()
            if unfinished == 0 and not flushes and not restart_due:
                return

    async def _watch(self, engine: Engine) -> tuple[int, int]:
        counts = ", ".join(
            f'(SELECT count(*) FROM "{one.tenant.schema}".publish_attempts '
            "WHERE outcome <> ALL ($1)), "
            f'(SELECT count(*) FROM "{one.tenant.schema}".publish_jobs WHERE state <> ALL ($2))'
            for one in self._tenants
        )
        async with engine.database.public() as connection:
            row = await connection.fetchrow(
                f"SELECT {counts}", list(WRITTEN_FOR_OTHERS), list(FINAL_STATES)
            )
        numbers = tuple(row or ())
        return sum(numbers[::2]), sum(numbers[1::2])

    def _kill_one(self) -> None:
        number = self._random.randrange(len(self._workers))
        self._workers[number].kill()
        self._workers[number] = self._forge.worker(self._env)
        self._kills += 1

    async def _flush(self) -> None:
        client: Redis = Redis.from_url(self._env["REDIS_URL"])
        try:
            await client.flushall()
        finally:
            await client.aclose()

    async def _calm_down(self) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            await asyncio.to_thread(worker.wait)
        # What a killed worker had sent and the network still delays takes its effect by then.
        await asyncio.sleep(LONGEST_DELAY)

    async def _report(self, engine: Engine, took: float) -> StormReport:
        asked = []
        for post, job_id in self._jobs:
            owner = self._tenants[post.tenant]
            story = await engine.database.run(
                owner.tenant,
                lambda scope, job_id=job_id: tell(scope, job_id),  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
            )
            asked.append(Asked(post=post, did=owner.dids[post.account], story=story))
        async with engine.database.public() as connection:
            due = await connection.fetchval("SELECT count(*) FROM due_jobs")
        control = self._sandbox.control
        stats = control.call("GET", "stats")
        faults: Counter[str] = Counter()
        for fault in control.faults():
            faults[fault.rule.action] += fault.applied
        attempts = [attempt for one in asked for attempt in one.story.attempts]
        return StormReport(
            seed=self._plan.seed,
            posts=len(self._plan.posts),
            parts=self._plan.texts,
            seconds=round(took, 1),
            kills=self._kills,
            flushes=len(self._plan.flush_at),
            restarts=1,
            faults=dict(sorted(faults.items())),
            outcomes=dict(Counter(str(attempt.outcome) for attempt in attempts).most_common()),
            late=sum(attempt.late_outcome is not None for attempt in attempts),
            repeats=stats["repeats"],
            problems=judge(
                asked, control.call("GET", "posts")["posts"], edits=stats["edits"], due=due
            ),
        )


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # Root's servers run as a user who has to pass through, so neither 0700 nor inside such a one.
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-storm-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
