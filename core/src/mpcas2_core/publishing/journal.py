"""The journal of a part: durable handles that an adapter wants to find again after a crash."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope
from mpcas2_core.publishing.due import Lease, LeaseLost
from mpcas2_core.publishing.ledger import Work

__all__ = ("saver",)

JOURNAL_SQL = (
    "/* mpcas2:journal */ WITH held AS MATERIALIZED (SELECT job_id FROM public.due_jobs "
    "WHERE job_id = $1 AND fence = $3 FOR UPDATE) "
    "UPDATE publish_parts SET journal = journal || $4, plugin_version = $5 "
    "WHERE job_id = $1 AND position = $2 AND EXISTS (SELECT 1 FROM held) RETURNING position"
)


def saver(
    database: Database, lease: Lease, work: Work, *, plugin_version: str
) -> Callable[[str, Any], Awaitable[None]]:
    """Makes the function that adds a handle to the journal of the part at hand.

    It raises :class:`LeaseLost` when the job is no longer this worker's.

    Args:
        database: Where the truth is.
        lease: The claim, which must still hold.
        work: The attempt.
        plugin_version: The version of the plugin that makes the handles.
    """

    async def save(name: str, value: Any) -> None:
        async def write(scope: Scope) -> None:
            written = await scope.fetchval(
                JOURNAL_SQL,
                lease.job_id,
                work.part.position,
                lease.fence,
                {name: value},
                plugin_version,
            )
            if written is None:
                raise LeaseLost

        await database.run(lease.tenant, write)

    return save
