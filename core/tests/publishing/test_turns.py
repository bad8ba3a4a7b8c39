"""While everything fits it is simply offered; when it does not, tenants take turns."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mpcas2_core.database import Database, Tenant
from mpcas2_core.publishing import due
from mpcas2_core.publishing.due import OFFER_IN_TURN_SQL
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault


def tell(url: str, story: Callable[[Database, list[Tenant]], Awaitable[None]]) -> None:
    async def whole() -> None:
        database = await Database.open(url, size=4)
        try:
            vault = Vault(MasterKeys(base64.b64encode(os.urandom(32)).decode()))
            tenants = Tenants(database, vault)
            made = []
            for name in ("Big", "Small"):
                async with database.public() as connection, connection.transaction():
                    made.append(await tenants.create(connection, name))
            await story(database, made)
        finally:
            await database.close()

    asyncio.run(whole())


async def plan(
    database: Database, tenant: Tenant, count: int, *, platform: str = "bluesky", late: int = 60
) -> None:
    """Plans posts that were due some seconds ago, the first one first."""
    async with database.public() as connection:
        await connection.execute(
            "INSERT INTO due_jobs (job_id, tenant_id, platform, due_at, next_at) "
            "SELECT gen_random_uuid(), $1, $2, at, at FROM (SELECT $4::timestamptz "
            "+ n * interval '1 ms' AS at FROM generate_series(1, $3) n) t",
            tenant.id,
            platform,
            count,
            datetime.now(UTC) - timedelta(seconds=late),
        )


async def offered(database: Database, limit: int, without: tuple[str, ...] = ()) -> list[Any]:
    async with database.public() as connection:
        offers = await due.offer(connection, limit=limit, again_after=60.0, without=without)
        rows = await connection.fetch(
            "SELECT d.job_id, t.name FROM due_jobs d JOIN tenants t ON t.id = d.tenant_id"
        )
    owners = {row["job_id"]: row["name"] for row in rows}
    return [(owners[one.job_id], one.platform) for one in offers]


def test_a_late_comer_is_not_behind_all_of_anothers_posts(fresh_database_url: str) -> None:
    async def story(database: Database, tenants: list[Tenant]) -> None:
        big, small = tenants
        await plan(database, big, 50)
        await plan(database, small, 2, late=1)
        names = [name for name, _ in await offered(database, 10)]
        assert names[:4] == ["Big", "Small", "Big", "Small"]
        assert names[4:] == ["Big"] * 6

    tell(fresh_database_url, story)


def test_what_fits_is_offered_in_the_order_of_its_time(fresh_database_url: str) -> None:
    async def story(database: Database, tenants: list[Tenant]) -> None:
        big, small = tenants
        await plan(database, big, 3)
        await plan(database, small, 2, late=120)
        names = [name for name, _ in await offered(database, 10)]
        assert names == ["Small", "Small", "Big", "Big", "Big"]
        assert await offered(database, 10) == []

    tell(fresh_database_url, story)


def test_a_full_lane_is_left_out_and_holds_up_no_other(fresh_database_url: str) -> None:
    async def story(database: Database, tenants: list[Tenant]) -> None:
        big, small = tenants
        await plan(database, big, 30, platform="twitter")
        await plan(database, small, 2, platform="youtube", late=1)
        assert await offered(database, 10, ("twitter",)) == [("Small", "youtube")] * 2

    tell(fresh_database_url, story)


def test_two_dispatchers_never_offer_the_same_job(fresh_database_url: str) -> None:
    async def story(database: Database, tenants: list[Tenant]) -> None:
        await plan(database, tenants[0], 60)
        async with database.public() as first, database.public() as second:
            batches = await asyncio.gather(
                *(due.offer(one, limit=20, again_after=60.0) for one in (first, second))
            )
        ids = [one.job_id for batch in batches for one in batch]
        assert len(ids) == len(set(ids))

    tell(fresh_database_url, story)


def test_turns_are_found_by_the_index(fresh_database_url: str) -> None:
    async def story(database: Database, tenants: list[Tenant]) -> None:
        await plan(database, tenants[0], 40_000)
        async with database.public() as connection:
            await connection.execute("ANALYZE due_jobs")
            rows = await connection.fetch(f"EXPLAIN {OFFER_IN_TURN_SQL}", 100, 10.0, [])
        text = "\n".join(row[0] for row in rows)
        assert "due_jobs_turn on due_jobs" in text
        assert "Seq Scan on due_jobs" not in text

    tell(fresh_database_url, story)
