"""The rows of events, and of the posts that they may be about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from mpcas2_core.database.pool import Connection, Database
from mpcas2_hookspecs import WebhookEvent

__all__ = ("Gone", "forget_old", "gone", "keep", "settle", "wake")

KEPT = timedelta(days=30)
# A network may be quicker than our note of the post that it decided about.
PATIENCE = timedelta(minutes=1)


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """A network told that an account took its permission back."""

    platform: str
    id: str
    platform_account_id: str
    received_at: datetime


async def keep(database: Database, platform: str, told: Sequence[WebhookEvent]) -> int:
    """Keeps events, each once; comments wait for nobody, the others for a worker.

    Returns:
        How many were new.
    """
    async with database.public() as connection:
        rows = await connection.fetch(
            "/* mpcas2:webhook-keep */ INSERT INTO public.webhook_events "
            "(platform, id, kind, platform_account_id, key, handled_at) "
            "SELECT $1, e.id, e.kind, e.account, e.key, "
            "CASE WHEN e.kind = 'comment' THEN now() END "
            "FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) "
            "AS e (id, kind, account, key) ON CONFLICT (platform, id) DO NOTHING RETURNING id",
            platform,
            [one.id for one in told],
            [one.kind for one in told],
            [one.platform_account_id for one in told],
            [one.key for one in told],
        )
    return len(rows)


async def wake(connection: Connection, limit: int) -> int:
    """Lets the posts that networks decided about be asked after now.

    A post that a worker is busy with stays for the next round: what the worker learns may be older than
    the event.

    Returns:
        How many events had their effect.
    """
    return len(
        await connection.fetch(
            "/* mpcas2:webhook-wake */ WITH told AS MATERIALIZED ("
            "SELECT e.platform, e.id, w.job_id FROM public.webhook_events e "
            "JOIN public.awaited_posts w ON w.platform = e.platform AND w.key = e.key "
            "JOIN public.due_jobs d ON d.job_id = w.job_id "
            "WHERE e.handled_at IS NULL AND e.kind = 'post-decided' "
            "AND (d.lease_until IS NULL OR d.lease_until <= now()) "
            "LIMIT $1 FOR UPDATE OF e, d SKIP LOCKED), "
            "woken AS (UPDATE public.due_jobs d SET next_at = now() FROM told "
            "WHERE d.job_id = told.job_id AND d.next_at > now()) "
            "UPDATE public.webhook_events e SET handled_at = now() FROM told "
            "WHERE e.platform = told.platform AND e.id = told.id RETURNING e.id",
            limit,
        )
    )


async def gone(connection: Connection, limit: int) -> list[Gone]:
    """Gives events about accounts that are gone, the oldest first."""
    rows = await connection.fetch(
        "/* mpcas2:webhook-gone */ SELECT platform, id, platform_account_id, received_at "
        "FROM public.webhook_events WHERE handled_at IS NULL AND kind = 'account-gone' "
        "ORDER BY received_at LIMIT $1",
        limit,
    )
    return [Gone(**dict(row)) for row in rows]


async def settle(connection: Connection, handled: Sequence[Gone]) -> None:
    """Notes that events had their effect."""
    await connection.execute(
        "UPDATE public.webhook_events e SET handled_at = now() "
        "FROM unnest($1::text[], $2::text[]) AS h (platform, id) "
        "WHERE e.platform = h.platform AND e.id = h.id AND e.handled_at IS NULL",
        [one.platform for one in handled],
        [one.id for one in handled],
    )


async def forget_old(connection: Connection) -> int:
    """Closes events about posts that are not ours, and forgets those of a month ago.

    Returns:
        How many were forgotten.
    """
    await connection.execute(
        "UPDATE public.webhook_events SET handled_at = now() "
        "WHERE handled_at IS NULL AND kind = 'post-decided' AND received_at <= now() - $1::interval "
        "AND NOT EXISTS (SELECT FROM public.awaited_posts w "
        "WHERE w.platform = webhook_events.platform AND w.key = webhook_events.key)",
        PATIENCE,
    )
    done = await connection.execute(
        "DELETE FROM public.webhook_events WHERE received_at <= now() - $1::interval", KEPT
    )
    return int(done.removeprefix("DELETE "))
