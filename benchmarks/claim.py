"""What offer and claim cost when the due index is small, large, and worn by many cycles."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids
from benchmarks import rig

from mpcas2_core.database.pool import Connection
from mpcas2_core.publishing.due import CLAIM_SQL, OFFER_IN_TURN_SQL, OFFER_SQL

BATCH = 200
# So much is due at once when tenants have to take turns.
CROWD = 10 * BATCH
CLAIMED = 16
PLATFORMS = ("bluesky", "twitter", "youtube")
# What the dispatcher asks first; it stands inside `due.offer`.
COUNT_SQL = "SELECT count(*) FROM (SELECT FROM public.due_jobs WHERE next_at <= now() LIMIT $1) d"
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


async def make_tenants(connection: Connection, count: int, version: str) -> list[UUID]:
    """Makes tenants that have a row and no schema: more is not asked for here."""
    ids = [uuids.uuid7() for _ in range(count)]
    await connection.execute(
        "INSERT INTO public.tenants (id, name, schema_name, schema_version) "
        "SELECT id, 'Benchmark', 'none_' || id, $2 FROM unnest($1::uuid[]) AS id",
        ids,
        version,
    )
    await connection.execute("ANALYZE public.tenants")
    return ids


async def fill(connection: Connection, tenants: Sequence[UUID], count: int) -> None:
    """Fills the due index with jobs of the next year, all tenants alike; nothing is due now."""
    await connection.execute("TRUNCATE public.due_jobs")
    await connection.execute(
        "INSERT INTO public.due_jobs (job_id, tenant_id, platform, due_at, next_at) "
        "SELECT uuidv7(), ($1::uuid[])[n % $3 + 1], ($4::text[])[n % $5 + 1], due, due FROM "
        "(SELECT n, now() + interval '1 hour' + random() * interval '365 days' AS due "
        "FROM generate_series(1, $2) AS n) AS jobs",
        list(tenants),
        count - BATCH,
        len(tenants),
        list(PLATFORMS),
        len(PLATFORMS),
    )
    await connection.execute("VACUUM (ANALYZE) public.due_jobs")


async def add_due(connection: Connection, tenants: Sequence[UUID], count: int = BATCH) -> None:
    """Enters jobs that are due now, of one tenant after the other."""
    await connection.execute(
        "INSERT INTO public.due_jobs (job_id, tenant_id, platform, due_at, next_at) "
        "SELECT job_id, tenant_id, platform, now(), now() "
        "FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS j (job_id, tenant_id, platform)",
        [uuids.uuid7() for _ in range(count)],
        [tenants[number % len(tenants)] for number in range(count)],
        [PLATFORMS[number % len(PLATFORMS)] for number in range(count)],
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


async def look(connection: Connection, tenants: Sequence[UUID], version: str) -> dict[str, Cost]:
    """Looks at the statements several times; the middle one by buffers counts.

    First with nothing due, which is what a dispatcher at rest sees; then a batch becomes due, and in
    the end, for a moment, so much that tenants take turns.
    """
    told: dict[str, list[Cost]] = defaultdict(list)

    async def note(name: str, sql: str, *args: Any) -> None:
        told[name] += [await explain(connection, sql, *args) for _ in range(RUNS)]

    await note("idle count", COUNT_SQL, BATCH + 1)
    await note("idle offer", OFFER_SQL, BATCH, 10.0)
    await add_due(connection, tenants)
    rows = await connection.fetch(
        "UPDATE public.due_jobs SET offered = true WHERE job_id IN "
        "(SELECT job_id FROM public.due_jobs ORDER BY next_at LIMIT $1) RETURNING job_id",
        CLAIMED,
    )
    await note("offer", OFFER_SQL, BATCH, 10.0)
    claimed = [row["job_id"] for row in rows]
    await note("claim", CLAIM_SQL, claimed, "benchmark", 30.0, version)
    crowd = connection.transaction()
    await crowd.start()
    try:
        await add_due(connection, tenants, CROWD)
        await note("count, crowd", COUNT_SQL, BATCH + 1)
        await note("offer, crowd", OFFER_SQL, BATCH, 10.0)
        await note("offer in turn", OFFER_IN_TURN_SQL, BATCH, 10.0, [])
        await note("in turn, a lane full", OFFER_IN_TURN_SQL, BATCH, 10.0, list(PLATFORMS[:1]))
    finally:
        await crowd.rollback()
    return {
        name: sorted(costs, key=lambda one: one.buffers)[RUNS // 2] for name, costs in told.items()
    }


async def cycle(connection: Connection, tenants: Sequence[UUID], version: str, count: int) -> float:
    """Offers, claims, marks and finishes so many jobs, batch by batch; in the end nothing is due."""
    started = time.perf_counter()
    for number in range(count // BATCH):
        if number:
            await add_due(connection, tenants)
        offered = await connection.fetch(OFFER_SQL, BATCH, 10.0)
        for start in range(0, len(offered), CLAIMED):
            some = offered[start : start + CLAIMED]
            ids = [row["job_id"] for row in some]
            await connection.execute(CLAIM_SQL, ids, "benchmark", 30.0, version)
            await connection.execute(MARK_SQL, ids)
            await connection.execute("DELETE FROM public.due_jobs WHERE job_id = ANY($1)", ids)
    return time.perf_counter() - started


async def measure(place: rig.Site, rows: int, count_of_tenants: int, cycles: int) -> None:
    """Measures with few and with many rows, fresh and worn, and shows it."""
    async with rig.engine_of(place) as engine, engine.database.public() as connection:
        version = engine.tenants.version
        tenants = await make_tenants(connection, count_of_tenants, version)
        told: dict[str, dict[str, Cost]] = {}
        # Plans turn over at sizes in between: the statistics say that nothing is due.
        for count in sorted({1_000, 10_000, 100_000, rows}):
            await fill(connection, tenants, count)
            told[f"{count:,} rows"] = await look(connection, tenants, version)
            if count == 1_000:
                await cycle(connection, tenants, version, min(cycles, 20_000))
                told["1,000 rows, worn"] = await look(connection, tenants, version)
        seconds = await cycle(connection, tenants, version, cycles)
        told[f"{rows:,} rows, worn"] = await look(connection, tenants, version)
        state = await connection.fetchrow(
            "SELECT n_dead_tup, autovacuum_count, pg_relation_size('public.due_jobs_next') AS next, "
            "pg_relation_size('public.due_jobs_turn') AS turn "
            "FROM pg_stat_user_tables WHERE relname = 'due_jobs'"
        )
        await cycle(connection, tenants, version, BATCH)
        await connection.execute("VACUUM public.due_jobs")
        told[f"{rows:,} rows, worn and vacuumed"] = await look(connection, tenants, version)
    small = told["1,000 rows"]
    for name, costs in told.items():
        for statement, cost in costs.items():
            print(
                f"{name:32} {statement:20}: {cost.buffers:6} buffers, ratio "
                f"{cost.buffers / max(1, small[statement].buffers):5.2f}, {cost.milliseconds:7.2f} ms, "
                f"{', '.join(cost.indexes)}"
                + (f", SEQ SCAN of {', '.join(cost.scans)}" if cost.scans else "")
            )
    print(f"{cycles:,} cycles took {seconds:.0f} s; afterwards {dict(state) if state else None}")
    print("aim: at most twice the buffers of 1,000 rows, by the index, also when worn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tenants", type=int, default=1_000)
    parser.add_argument("--cycles", type=int, default=100_000)
    arguments: Any = parser.parse_args()
    what = f"claim: a due index of {arguments.rows:,} rows of {arguments.tenants:,} tenants"
    print(rig.headline(what), flush=True)
    with rig.site() as place:
        asyncio.run(measure(place, arguments.rows, arguments.tenants, arguments.cycles))


if __name__ == "__main__":
    main()
