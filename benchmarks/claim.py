"""What offer and claim cost when the due index is small, large, and worn by many cycles."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids
from benchmarks import rig

from mpcas2_core.database.pool import Connection
from mpcas2_core.publishing.due import CLAIM_SQL, OFFER_SQL

BATCH = 200
CLAIMED = 16
RUNS = 5
# What the mark does to the row between claim and end.
MARK_SQL = (
    "UPDATE public.due_jobs SET lease_until = now() + interval '30 s', "
    "next_at = now() + interval '30 s' WHERE job_id = ANY($1)"
)


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement did, as EXPLAIN (ANALYZE, BUFFERS) tells it."""

    buffers: int
    milliseconds: float
    indexes: tuple[str, ...]
    scans: tuple[str, ...]


async def fill(connection: Connection, tenant_id: UUID, count: int) -> None:
    """Fills the due index with jobs of the next year; nothing is due now."""
    await connection.execute("TRUNCATE public.due_jobs")
    await connection.execute(
        "INSERT INTO public.due_jobs (job_id, tenant_id, due_at, next_at) SELECT uuidv7(), $1, "
        "due, due FROM (SELECT now() + interval '1 hour' + random() * interval '365 days' AS due "
        "FROM generate_series(1, $2)) AS n",
        tenant_id,
        count - BATCH,
    )
    await connection.execute("VACUUM (ANALYZE) public.due_jobs")


async def add_due(connection: Connection, tenant_id: UUID) -> None:
    await connection.execute(
        "INSERT INTO public.due_jobs (job_id, tenant_id, due_at, next_at) "
        "SELECT id, $1, now(), now() FROM unnest($2::uuid[]) AS id",
        tenant_id,
        [uuids.uuid7() for _ in range(BATCH)],
    )


async def explain(connection: Connection, sql: str, *args: Any) -> Cost:
    """Runs a statement under EXPLAIN and takes it back."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        told = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *args)
    finally:
        await transaction.rollback()
    plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
    nodes = list(_nodes(plan))
    return Cost(
        buffers=plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
        milliseconds=plan["Actual Total Time"],
        indexes=tuple(sorted({one["Index Name"] for one in nodes if "Index Name" in one})),
        scans=tuple(
            sorted({one["Relation Name"] for one in nodes if one["Node Type"] == "Seq Scan"})
        ),
    )


def _nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


async def look(connection: Connection, tenant_id: UUID, version: str) -> dict[str, Cost]:
    """Looks at both statements several times; the middle one by buffers counts.

    First with nothing due, which is what a dispatcher at rest sees; then a batch becomes due.
    """
    idle = [await explain(connection, OFFER_SQL, BATCH, 10.0) for _ in range(RUNS)]
    await add_due(connection, tenant_id)
    offers, claims = list[Cost](), list[Cost]()
    rows = await connection.fetch(
        "UPDATE public.due_jobs SET offered = true WHERE job_id IN "
        "(SELECT job_id FROM public.due_jobs ORDER BY next_at LIMIT $1) RETURNING job_id",
        CLAIMED,
    )
    for _ in range(RUNS):
        offers.append(await explain(connection, OFFER_SQL, BATCH, 10.0))
        claims.append(
            await explain(
                connection,
                CLAIM_SQL,
                [row["job_id"] for row in rows],
                "benchmark",
                30.0,
                version,
            )
        )
    return {
        name: sorted(told, key=lambda one: one.buffers)[RUNS // 2]
        for name, told in (("idle offer", idle), ("offer", offers), ("claim", claims))
    }


async def cycle(connection: Connection, tenant_id: UUID, version: str, count: int) -> float:
    """Offers, claims, marks and finishes so many jobs, batch by batch; in the end nothing is due."""
    started = time.perf_counter()
    for number in range(count // BATCH):
        if number:
            await add_due(connection, tenant_id)
        offered = await connection.fetch(OFFER_SQL, BATCH, 10.0)
        for start in range(0, len(offered), CLAIMED):
            some = offered[start : start + CLAIMED]
            ids = [row["job_id"] for row in some]
            await connection.execute(CLAIM_SQL, ids, "benchmark", 30.0, version)
            await connection.execute(MARK_SQL, ids)
            await connection.execute("DELETE FROM public.due_jobs WHERE job_id = ANY($1)", ids)
    return time.perf_counter() - started


async def measure(place: rig.Site, rows: int, cycles: int) -> None:
    async with rig.engine_of(place) as engine, engine.database.public() as connection:
        async with engine.identity.transaction() as making:
            tenant = await engine.tenants.create(making, "Benchmark")
        version = engine.tenants.version
        told: dict[str, dict[str, Cost]] = {}
        for name, count in (("1,000 rows", 1_000), (f"{rows:,} rows", rows)):
            await fill(connection, tenant.id, count)
            told[name] = await look(connection, tenant.id, version)
            if count == 1_000:
                await cycle(connection, tenant.id, version, min(cycles, 20_000))
                told["1,000 rows, worn"] = await look(connection, tenant.id, version)
        seconds = await cycle(connection, tenant.id, version, cycles)
        told[f"{rows:,} rows, worn"] = await look(connection, tenant.id, version)
        state = await connection.fetchrow(
            "SELECT n_dead_tup, autovacuum_count, pg_relation_size('public.due_jobs_next') AS size "
            "FROM pg_stat_user_tables WHERE relname = 'due_jobs'"
        )
        await cycle(connection, tenant.id, version, BATCH)
        await connection.execute("VACUUM public.due_jobs")
        told[f"{rows:,} rows, worn and vacuumed"] = await look(connection, tenant.id, version)
    small = told["1,000 rows"]
    for name, costs in told.items():
        for statement, cost in costs.items():
            print(
                f"{name:32} {statement:10}: {cost.buffers:6} buffers, ratio "
                f"{cost.buffers / max(1, small[statement].buffers):5.2f}, {cost.milliseconds:7.2f} ms, "
                f"{', '.join(cost.indexes)}"
                + (f", SEQ SCAN of {', '.join(cost.scans)}" if cost.scans else "")
            )
    print(f"{cycles:,} cycles took {seconds:.0f} s; afterwards {dict(state) if state else None}")
    print("aim: at most twice the buffers of 1,000 rows, by the index, also when worn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cycles", type=int, default=100_000)
    arguments: Any = parser.parse_args()
    print(rig.headline(f"claim: a due index of {arguments.rows:,} rows"), flush=True)
    with rig.site() as place:
        asyncio.run(measure(place, arguments.rows, arguments.cycles))


if __name__ == "__main__":
    main()
