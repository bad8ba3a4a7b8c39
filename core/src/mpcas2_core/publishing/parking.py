"""Jobs whose plugin is not there: they are neither failed nor lost, but wait, and say so."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog

from mpcas2_core.database.pool import Connection, Database
from mpcas2_core.database.scope import Scope
from mpcas2_core.plugins import PluginHost, UnknownPlatform
from mpcas2_core.publishing import events
from mpcas2_core.publishing.due import Lease
from mpcas2_core.publishing.ledger import Work

__all__ = ("park", "wake", "wake_from_time_to_time")

log = structlog.get_logger(__name__)

WAKE_SECONDS = 5.0

# The attempt is taken back: nobody turned to the network, and a look a day must not fill the ledger.
PARK_SQL = (
    "/* mpcas2:park */ WITH held AS (UPDATE public.due_jobs SET lease_until = NULL, worker = NULL, "
    "offered = false, parked = true, next_at = now() + interval '1 day' "
    "WHERE job_id = $1 AND fence = $2 RETURNING job_id), "
    "attempt AS (DELETE FROM publish_attempts WHERE id = $3 AND EXISTS (SELECT 1 FROM held)) "
    "UPDATE publish_jobs j SET state = $4, needs_attention = true, error_code = $5, "
    "error_message = $6, next_attempt_at = NULL, updated_at = now() "
    "FROM publish_jobs before WHERE j.id = $1 AND before.id = j.id "
    "AND EXISTS (SELECT 1 FROM held) RETURNING before.error_message IS DISTINCT FROM $6 AS is_new"
)

WAKE_SQL = (
    "/* mpcas2:wake */ UPDATE public.due_jobs d SET parked = false, next_at = now() "
    "FROM unnest($1::text[], $2::text[]) AS h (platform, plugin) "
    "WHERE d.parked AND d.platform = h.platform AND NOT EXISTS (SELECT FROM public.tenant_plugins t "
    "WHERE t.tenant_id = d.tenant_id AND t.plugin = h.plugin AND NOT t.enabled)"
)


async def park(scope: Scope, lease: Lease, work: Work, error: UnknownPlatform) -> None:
    """Puts a claimed job aside until its plugin is back; whoever lost the job changes nothing.

    Args:
        scope: The scope of the lease's tenant.
        lease: The claim.
        work: The attempt that was opened for it.
        error: Why the platform cannot be used.
    """
    is_new = await scope.fetchval(
        PARK_SQL,
        lease.job_id,
        lease.fence,
        work.attempt_id,
        _state(work),
        error.code,
        _words(work, error),
    )
    if is_new:
        await events.add(scope, lease.job_id, "parked", _words(work, error))
        log.info("job_parked", job=str(lease.job_id), platform=error.key, code=error.code)


async def wake(connection: Connection, plugins: PluginHost) -> int:
    """Makes parked jobs due whose plugin is back.

    Args:
        connection: On ``public``.
        plugins: What is installed here.

    Returns:
        How many there were.
    """
    owners = {key: plugins.plugin_of(key) for key in plugins.platforms}
    pairs = [(key, owner.key) for key, owner in owners.items() if owner is not None]
    done = await connection.execute(WAKE_SQL, [key for key, _ in pairs], [own for _, own in pairs])
    return int(done.split()[-1])


async def wake_from_time_to_time(database: Database, plugins: PluginHost) -> None:
    """Wakes parked jobs for as long as the worker runs. A database that is away is waited for."""
    while True:
        try:
            async with database.public() as connection:
                woken = await wake(connection, plugins)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            log.warning("database_unavailable", detail=f"{type(error).__name__}: {error}")
        else:
            if woken:
                log.info("jobs_woken", jobs=woken)
        await asyncio.sleep(WAKE_SECONDS)


def _state(work: Work) -> str:
    if work.kind == "poll":
        return "accepted"
    untouched = work.kind == "publish" and not (work.earlier or work.last_outcome or work.failures)
    return "scheduled" if untouched else "retrying"


def _words(work: Work, error: UnknownPlatform) -> str:
    waits = {
        "publish": "The post waits until it is back; it can be cancelled.",
        "find": "It was sent, and the network is asked for it once the plugin is back.",
        "poll": "The network has accepted the post, and is asked what became of it once the plugin "
        "is back.",
    }
    return f"{error.message} {waits[work.kind]}"
