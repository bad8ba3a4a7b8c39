"""A scope is run a second time for a fleet that is half migrated, and for a deadlock; never a third."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from mpcas2_core.database import Database, Scope, Tenant


@asynccontextmanager
async def opened(url: str, *, size: int) -> AsyncIterator[Database]:
    database = await Database.open(url, size=size)
    try:
        yield database
    finally:
        await database.close()


async def alter_half(database: Database, tenants: list[Tenant], change: str) -> None:
    for tenant in tenants[::2]:
        await database.run(tenant, lambda scope: scope.execute(f"ALTER TABLE notes {change}"))


@pytest.mark.parametrize(
    ("change", "sql"),
    [
        ("ADD COLUMN IF NOT EXISTS extra text DEFAULT 'x'", "SELECT * FROM notes"),
        ("ALTER COLUMN id TYPE bigint", "SELECT id, owner FROM notes"),
        ("ALTER COLUMN body TYPE integer USING 7", "SELECT owner, body FROM notes"),
    ],
)
def test_a_half_migrated_fleet_is_served_through_cached_statements(
    fleet: list[Tenant], fleet_url: str, change: str, sql: str
) -> None:
    runs = 0

    async def work(scope: Scope) -> None:
        nonlocal runs
        runs += 1
        for _ in range(2):
            rows = await scope.fetch(sql)
            assert len(rows) == 3
            assert {row["owner"] for row in rows} == {scope.tenant.schema}
            await scope.fetch("SELECT owner FROM notes WHERE id = $1", 1)

    async def story() -> None:
        async with opened(fleet_url, size=3) as database:
            await asyncio.gather(*(database.run(tenant, work) for tenant in fleet))
            await alter_half(database, fleet, change)
            for _ in range(3):
                await asyncio.gather(*(database.run(tenant, work) for tenant in fleet))

    asyncio.run(story())
    # The shapes do differ: without the second run, some of these would have failed.
    assert runs > 4 * len(fleet)


@pytest.mark.parametrize(
    "fault", [asyncpg.InvalidCachedStatementError, asyncpg.DeadlockDetectedError]
)
def test_a_fault_that_lasts_is_raised_at_the_second_time(
    fleet: list[Tenant], fleet_url: str, fault: type[asyncpg.PostgresError]
) -> None:
    runs = 0

    async def work(_scope: Scope) -> None:
        nonlocal runs
        runs += 1
        raise fault("again")

    async def story() -> None:
        async with opened(fleet_url, size=1) as database:
            with pytest.raises(fault, match="again"):
                await database.run(fleet[0], work)

    asyncio.run(story())
    assert runs == 2


def test_other_faults_are_not_retried(fleet: list[Tenant], fleet_url: str) -> None:
    runs = 0

    async def work(scope: Scope) -> None:
        nonlocal runs
        runs += 1
        await scope.execute("INSERT INTO notes (id, owner, body) VALUES (1, 'twice', '0')")

    async def story() -> None:
        async with opened(fleet_url, size=1) as database:
            with pytest.raises(asyncpg.UniqueViolationError):
                await database.run(fleet[1], work)

    asyncio.run(story())
    assert runs == 1


def test_a_deadlock_is_solved_by_a_second_run(fleet: list[Tenant], fleet_url: str) -> None:
    runs: list[int] = []

    async def story() -> None:
        both = asyncio.Barrier(2)

        def crossing(first: int, second: int) -> Any:
            met = False

            async def work(scope: Scope) -> None:
                nonlocal met
                runs.append(first)
                lock = "SELECT 1 FROM notes WHERE id = $1 FOR UPDATE"
                await scope.execute(lock, first)
                if not met:
                    met = True
                    await both.wait()
                await scope.execute(lock, second)

            return work

        async with opened(fleet_url, size=2) as database:
            await asyncio.gather(
                database.run(fleet[5], crossing(1, 2)), database.run(fleet[5], crossing(2, 1))
            )

    asyncio.run(story())
    assert sorted(runs) in ([1, 1, 2], [1, 2, 2])
