"""Publishes many posts while workers are killed, stores are lost and the network misbehaves."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import asyncpg
import msgspec
from redis.asyncio import Redis
from tests.chaos.outcome_table import NetworkTable, count
from tests.chaos.storm_networks import NETWORKS, PracticeNetwork, X
from tests.chaos.storm_plan import (
    ACCOUNTS_PER_TENANT,
    LONGEST_DELAY,
    TENANTS,
    PlannedPost,
    StormPlan,
)
from tests.chaos.storm_tenant import FILE_SHA256, StormTenant
from tests.chaos.verdict import Asked, judge, judge_order
from workers import Forge, WorkerProcess

from mpcas2_core.database import Database
from mpcas2_core.database.migrate import migrate
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.story import tell
from mpcas2_core.quotas import Subject
from mpcas2_core.quotas.windows import learn
from mpcas2_core.servers import LocalServers
from mpcas2_core.settings import Settings
from mpcas2_hookspecs import DeclaresQuotas, QuotaReading
from mpcas2_sandbox import SandboxProcess

__all__ = ("StormReport", "run_storm")

WORKERS = 3
OUTCOMES_PER_KILL = 20
WATCH_SECONDS = 0.03
# Nothing that a job waits for takes as long: a rate limit without a time is waited for a minute.
STALL_SECONDS = 90.0
# More than a storm uses. The quotas that networks declare are a matter of days.
PLENTY = 1_000_000
# Up to here everything that is due is offered at once, so there is nothing to take turns about.
OFFERED_AT_ONCE = 200
FINAL_STATES = ("published", "failed", "missed", "unconfirmed", "cancelled")
# What a successor writes for a worker that is gone is no outcome: each kill would call for the next.
WRITTEN_FOR_OTHERS = ("interrupted", "unreported")
DATABASE_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
SETTINGS = {
    "MPCAS2_LEASE_SECONDS": "2",
    "MPCAS2_SEND_SECONDS": "1.2",
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
        parts: Posts that the networks had to count.
        seconds: From the first worker to the last job.
        kills: Workers killed.
        flushes: How often the queue's store was emptied.
        restarts: How often PostgreSQL was restarted.
        faults: What each network did wrong, by kind.
        networks: What became of the posts of each network.
        outcomes: Attempts by outcome.
        late: Outcomes that came too late and were kept as evidence.
        problems: Everything that is not as it must be.
    """

    seed: int
    posts: int
    parts: int
    seconds: float
    kills: int
    flushes: int
    restarts: int
    faults: dict[str, dict[str, int]]
    networks: dict[str, NetworkTable]
    outcomes: dict[str, int]
    late: int
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
        networks = [
            network(closing.enter_context(SandboxProcess(network.key))) for network in NETWORKS
        ]
        forge = closing.enter_context(Forge(folder))
        return asyncio.run(_Storm(plan, folder, servers, networks, forge).run())


class _Storm:
    def __init__(
        self,
        plan: StormPlan,
        folder: Path,
        servers: LocalServers,
        networks: Sequence[PracticeNetwork],
        forge: Forge,
    ) -> None:
        self._plan = plan
        self._servers = servers
        self._networks = networks
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
        for network in networks:
            self._env |= network.environment()
        self._tenants: list[StormTenant] = []
        self._jobs: list[tuple[PlannedPost, UUID]] = []
        self._workers: list[WorkerProcess] = []
        self._kills = 0

    async def run(self) -> StormReport:
        await self._migrate()
        with _led_to(self._networks):
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
        people = {
            network: network.people(TENANTS * ACCOUNTS_PER_TENANT) for network in self._networks
        }
        for network in self._networks:
            network.prepare()
        for number in range(TENANTS):
            mine = slice(number * ACCOUNTS_PER_TENANT, (number + 1) * ACCOUNTS_PER_TENANT)
            tenant = await StormTenant.make(
                engine, {network: found[mine] for network, found in people.items()}
            )
            self._tenants.append(tenant)
            posts = [post for post in self._plan.posts if post.tenant == number]
            ids = await tenant.submit(engine, posts)
            self._jobs.extend(zip(posts, ids, strict=True))
        await self._lift_quotas(engine)
        for network in self._networks:
            network.harm(self._plan.faults[network.key])

    async def _lift_quotas(self, engine: Engine) -> None:
        """Has each network tell once that there is plenty, where the product counts by itself."""
        told = []
        for network in self._networks:
            platform = engine.plugins.platform(network.key)
            rules = platform.quotas if isinstance(platform, DeclaresQuotas) else ()
            for tenant in self._tenants:
                for account in tenant.accounts[network.key]:
                    subject = Subject(
                        platform=network.key, account=account.at_network, app=network.app
                    )
                    told += [
                        (
                            subject.key(rule),
                            rule,
                            QuotaReading(name=rule.name, remaining=PLENTY, limit=PLENTY),
                        )
                        for rule in rules
                    ]
        once = {(key, rule.name): (key, rule, reading) for key, rule, reading in told}
        async with engine.database.public() as connection:
            for key, rule, reading in once.values():
                await learn(connection, key, rule, reading, datetime.now(UTC))

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
                for network in self._networks:
                    if isinstance(network, X):
                        network.lag()
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
            # X is asked again after a quarter of a minute, several times; nobody wants to sit through it.
            await connection.execute(
                "UPDATE due_jobs SET next_at = now() + interval '1 s' WHERE platform = 'twitter' "
                "AND lease_until IS NULL AND NOT offered AND next_at > now() + interval '5 s'"
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
            account = owner.accounts[post.network][post.account].at_network
            sha256 = FILE_SHA256[post.kind]() if post.kind in FILE_SHA256 else None
            asked.append(Asked(post=post, account=account, story=story, sha256=sha256))
        async with engine.database.public() as connection:
            due = await connection.fetchval("SELECT count(*) FROM due_jobs")
        seen = {network.key: network.posts() for network in self._networks}
        changed = sum(network.changed() for network in self._networks)
        problems = judge(asked, seen, changed=changed, due=due)
        if len(asked) > OFFERED_AT_ONCE:
            problems += judge_order(asked, seen)
        attempts = [attempt for one in asked for attempt in one.story.attempts]
        return StormReport(
            seed=self._plan.seed,
            posts=len(self._plan.posts),
            parts=sum(len(post.texts) for post in self._plan.posts),
            seconds=round(took, 1),
            kills=self._kills,
            flushes=len(self._plan.flush_at),
            restarts=1,
            faults={
                network.key: dict(sorted(network.harm_done().items())) for network in self._networks
            },
            networks={network.key: count(asked, network.key, seen) for network in self._networks},
            outcomes=dict(Counter(str(attempt.outcome) for attempt in attempts).most_common()),
            late=sum(attempt.late_outcome is not None for attempt in attempts),
            problems=problems,
        )


@contextlib.contextmanager
def _led_to(networks: Sequence[PracticeNetwork]) -> Iterator[None]:
    """Leads plugins that are loaded in this process to the practice networks."""
    ours = {name: text for network in networks for name, text in network.environment().items()}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, text in before.items():
            if text is None:
                del os.environ[name]
            else:
                os.environ[name] = text


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    # Root's servers run as a user who has to pass through, so neither 0700 nor inside such a one.
    folder = Path(tempfile.mkdtemp(prefix="mpcas2-storm-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
