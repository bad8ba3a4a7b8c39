"""Writing an outcome that nobody else knows, also while the database is away for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope
from mpcas2_core.publishing.deadline import Deadline
from mpcas2_core.publishing.due import Lease

__all__ = ("written",)

log = structlog.get_logger(__name__)

SETTLE_PAUSE = 0.5
AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
)


async def written(
    database: Database, lease: Lease, work: Callable[[Scope], Awaitable[None]], *, seconds: float
) -> None:
    """Runs work in the scope of a lease's tenant, and again while the database is away.

    Args:
        database: Where.
        lease: The claim.
        work: Writes the outcome.
        seconds: How long a database that is away is waited for.
    """
    deadline = Deadline(seconds)
    while True:
        try:
            return await database.run(lease.tenant, work)
        except AWAY as error:
            if deadline.left() <= 0:
                raise
            log.warning("outcome_waits", job=str(lease.job_id), detail=type(error).__name__)
            await asyncio.sleep(SETTLE_PAUSE)
