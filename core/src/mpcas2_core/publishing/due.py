"""The due index: which job somebody has to look at, and when.

One column, ``next_at``, holds the only time that matters for a job: when it is due, when an offer that
nobody took is made again, when a lease runs out, when a retry is allowed. So one query over one index
is dispatcher, re-offer and sweeper at once, and there is nothing else to keep in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from mpcas2_core.database.pool import Connection, Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.tenants import Tenants

__all__ = (
    "Lease",
    "LeaseLost",
    "Offer",
    "add",
    "claim",
    "heartbeat",
    "next_due",
    "offer",
    "release",
)


class LeaseLost(Exception):
    """The job belongs to another worker now, or to nobody; whoever sees this stops at once."""


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """A claimed job.

    Attributes:
        job_id: The job.
        tenant: Whose it is, from the due index.
        fence: This claim's number; no later claim of any job has a lower one.
    """

    job_id: UUID
    tenant: Tenant
    fence: int


async def add(scope: Scope, jobs: Sequence[tuple[UUID, str, datetime]]) -> None:
    """Enters jobs of the scope's tenant, in the transaction that makes or wakes them.

    Args:
        scope: The tenant's scope.
        jobs: Job ids, the network of each, and when they are due.
    """
    await scope.execute(
        "/* mpcas2:due-add */ INSERT INTO public.due_jobs "
        "(job_id, tenant_id, platform, due_at, next_at) "
        "SELECT j.job_id, $1, j.platform, j.due_at, j.due_at "
        "FROM unnest($2::uuid[], $3::text[], $4::timestamptz[]) AS j (job_id, platform, due_at) "
        "ON CONFLICT (job_id) DO UPDATE SET due_at = excluded.due_at, next_at = excluded.next_at, "
        "platform = excluded.platform, "
        "offered = false, fence = NULL, lease_until = NULL, worker = NULL",
        scope.tenant.id,
        [job_id for job_id, _, _ in jobs],
        [platform for _, platform, _ in jobs],
        [due_at for _, _, due_at in jobs],
    )


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A job that somebody has to look at now.

    Attributes:
        job_id: The job.
        tenant_id: Whose it is.
        platform: Its network; empty for a job from before there were lanes.
    """

    job_id: UUID
    tenant_id: UUID
    platform: str


OFFER_SQL = (
    "/* mpcas2:offer */ WITH due AS (SELECT job_id FROM public.due_jobs WHERE next_at <= now() "
    "ORDER BY next_at LIMIT $1 FOR UPDATE SKIP LOCKED) "
    "UPDATE public.due_jobs d SET offered = true, "
    "next_at = now() + make_interval(secs => $2) FROM due WHERE d.job_id = due.job_id "
    "RETURNING d.job_id, d.tenant_id, d.platform, 0 AS turn, d.due_at"
)

# From queue to queue by skips through `due_jobs_turn`, so the cost grows with the tenants that have
# posts planned and not with the posts. A tenant's first post goes before anybody's second.
OFFER_IN_TURN_SQL = (
    # The time comes from a row of its own: with now() in its place the planner believes statistics
    # that say that nothing is due, and reads every due row once for each queue.
    "/* mpcas2:offer-turn */ WITH RECURSIVE bound AS MATERIALIZED (SELECT now() AS at), queues AS ("
    "(SELECT platform, tenant_id FROM public.due_jobs ORDER BY platform, tenant_id LIMIT 1) "
    "UNION ALL SELECT n.platform, n.tenant_id FROM queues q CROSS JOIN LATERAL "
    "(SELECT d.platform, d.tenant_id FROM public.due_jobs d "
    "WHERE (d.platform, d.tenant_id) > (q.platform, q.tenant_id) "
    "ORDER BY d.platform, d.tenant_id LIMIT 1) n), "
    "heads AS (SELECT j.job_id, j.next_at, "
    "row_number() OVER (PARTITION BY q.platform, q.tenant_id ORDER BY j.next_at) AS turn "
    "FROM queues q CROSS JOIN bound b CROSS JOIN LATERAL (SELECT d.job_id, d.next_at "
    "FROM public.due_jobs d "
    "WHERE d.platform = q.platform AND d.tenant_id = q.tenant_id AND d.next_at <= b.at "
    "ORDER BY d.next_at LIMIT $1) j WHERE NOT q.platform = ANY($3::text[])), "
    "chosen AS (SELECT job_id, turn FROM heads ORDER BY turn, next_at LIMIT $1), "
    "due AS (SELECT d.job_id, c.turn FROM public.due_jobs d JOIN chosen c ON c.job_id = d.job_id "
    "WHERE d.next_at <= now() FOR UPDATE OF d SKIP LOCKED) "
    "UPDATE public.due_jobs d SET offered = true, "
    "next_at = now() + make_interval(secs => $2) FROM due WHERE d.job_id = due.job_id "
    "RETURNING d.job_id, d.tenant_id, d.platform, due.turn, d.due_at"
)


async def offer(
    connection: Connection, *, limit: int, again_after: float, without: Sequence[str] = ()
) -> list[Offer]:
    """Takes the jobs that somebody has to look at now, in the order in which it is their turn.

    While everything that is due fits into one batch, it is simply taken. Beyond that, tenants take
    turns, so that nobody waits behind another's thousand posts.

    Args:
        connection: On ``public``.
        limit: How many at most.
        again_after: Seconds until an offer that nobody takes is made again.
        without: Networks whose lanes are full.
    """
    waiting = await connection.fetchval(
        "/* mpcas2:offer-count */ SELECT count(*) FROM (SELECT FROM public.due_jobs "
        "WHERE next_at <= now() LIMIT $1) d",
        limit + 1,
    )
    if not waiting:
        return []
    if without or waiting > limit:
        rows = await connection.fetch(OFFER_IN_TURN_SQL, limit, again_after, list(without))
    else:
        rows = await connection.fetch(OFFER_SQL, limit, again_after)
    rows.sort(key=lambda row: (row["turn"], row["due_at"]))
    return [
        Offer(job_id=row["job_id"], tenant_id=row["tenant_id"], platform=row["platform"])
        for row in rows
    ]


async def next_due(connection: Connection) -> float | None:
    """Tells in how many seconds the next job needs somebody; None when there is none."""
    seconds = await connection.fetchval(
        "/* mpcas2:next-due */ SELECT extract(epoch FROM next_at - clock_timestamp()) "
        "FROM public.due_jobs ORDER BY next_at LIMIT 1"
    )
    return None if seconds is None else float(seconds)


CLAIM_SQL = (
    "/* mpcas2:claim */ UPDATE public.due_jobs d SET offered = false, "
    "parked = false, "
    "fence = nextval('public.fences'), worker = $2, "
    "lease_until = now() + make_interval(secs => $3), "
    "next_at = now() + make_interval(secs => $3) FROM public.tenants t "
    "WHERE d.job_id = ANY($1::uuid[]) AND d.offered AND t.id = d.tenant_id "
    "AND t.status = 'active' AND t.schema_version >= $4 "
    "AND (d.lease_until IS NULL OR d.lease_until <= now()) "
    "RETURNING d.job_id, d.tenant_id, d.fence, t.name, t.status, t.schema_version"
)


async def claim(
    connection: Connection,
    offers: Sequence[UUID],
    *,
    worker: str,
    seconds: float,
    tenants: Tenants,
) -> list[Lease]:
    """Claims offered jobs for a worker. A bell that rings twice or late claims nothing.

    Jobs of tenants that are suspended or behind the code stay in the index and are offered again.

    Args:
        connection: On ``public``.
        offers: The jobs that the doorbell named.
        worker: Name of the worker.
        seconds: Length of the lease.
        tenants: Judges whether a tenant may be served.
    """
    rows = await connection.fetch(
        CLAIM_SQL,
        list(offers),
        worker,
        seconds,
        tenants.version,
    )
    return [
        Lease(
            job_id=row["job_id"],
            tenant=tenants.check(row["tenant_id"], row),
            fence=row["fence"],
        )
        for row in rows
    ]


async def heartbeat(
    database: Database, leases: Sequence[Lease], *, seconds: float
) -> frozenset[UUID]:
    """Extends leases.

    Args:
        database: Where.
        leases: The ones that the worker still works on.
        seconds: Length of the lease from now.

    Returns:
        The jobs that still belong to the worker; the others are lost.
    """
    async with database.public() as connection:
        rows: list[asyncpg.Record] = await connection.fetch(
            "/* mpcas2:heartbeat */ UPDATE public.due_jobs d SET "
            "lease_until = greatest(d.lease_until, now() + make_interval(secs => $3)), "
            "next_at = greatest(d.lease_until, now() + make_interval(secs => $3)) "
            "FROM unnest($1::uuid[], $2::bigint[]) AS h (job_id, fence) "
            "WHERE d.job_id = h.job_id AND d.fence = h.fence AND d.lease_until > now() "
            "RETURNING d.job_id",
            [lease.job_id for lease in leases],
            [lease.fence for lease in leases],
            seconds,
        )
    return frozenset(row["job_id"] for row in rows)


async def release(database: Database, lease: Lease, *, after: float = 0.0) -> None:
    """Gives a job back untouched, so that it is offered again.

    Args:
        database: Where.
        lease: The claim to give up.
        after: Seconds until the job is offered again.
    """
    async with database.public() as connection:
        await connection.execute(
            # Only while leased: a job that was settled meanwhile keeps the time it was given.
            "/* mpcas2:release */ UPDATE public.due_jobs SET lease_until = NULL, worker = NULL, "
            "offered = false, next_at = now() + make_interval(secs => $3) "
            "WHERE job_id = $1 AND fence = $2 AND lease_until IS NOT NULL",
            lease.job_id,
            lease.fence,
            after,
        )
