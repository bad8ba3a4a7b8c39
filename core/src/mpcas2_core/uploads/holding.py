"""Holds an upload for one writer: a lease in the database, renewed for as long as the holder lives.

The store lets two writers of one machine not pass either; the lease tells it to other machines and
ends by itself, seconds after a process was killed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import asyncpg
import structlog

from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import NotFound
from mpcas2_core.storage.steps import to_the_end
from mpcas2_core.uploads import store
from mpcas2_core.uploads.rows import UploadLocked, UploadRow

__all__ = ("LEASE", "Hold", "hold", "locked", "not_found")

LEASE = timedelta(seconds=10)
_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
_log = structlog.get_logger(__name__)


class Hold:
    """An upload in one writer's hands.

    Attributes:
        row: The upload as it was when it was claimed, or as it was noted since.
        holder: The writer's name in the row.
    """

    def __init__(self, row: UploadRow, holder: UUID) -> None:
        self.row = row
        self.holder = holder
        self.lost = False

    def require(self) -> None:
        """Makes sure that the upload is still ours, before bytes are added.

        Raises:
            UploadLocked: Another request has it by now.
        """
        if self.lost:
            raise locked(self.row.id)


@asynccontextmanager
async def hold(
    database: Database, tenant: Tenant, upload_id: UUID, *, lease: timedelta = LEASE
) -> AsyncIterator[Hold]:
    """Claims an upload until the context ends.

    Args:
        database: Where the rows are.
        tenant: Whose upload it is.
        upload_id: Which.
        lease: How long it stays claimed after a process was killed.

    Raises:
        NotFound: The tenant has none of that id.
        UploadLocked: Another request has it.
    """
    holder = uuid4()

    async def take(scope: Scope) -> UploadRow | None:
        row = await store.claim(scope, upload_id, holder, lease)
        if row is None and await store.get(scope, upload_id) is None:
            raise not_found(upload_id)
        return row

    row = await database.run(tenant, take)
    if row is None:
        raise locked(upload_id)
    held = Hold(row, holder)
    beating = asyncio.create_task(_beat(database, tenant, held, lease))
    try:
        yield held
    finally:
        beating.cancel()
        # To the end: a client that goes away cancels the request, and the next one must not wait.
        await to_the_end(asyncio.create_task(_let_go(database, tenant, held)))


def not_found(upload_id: UUID) -> NotFound:
    """Says that there is no such upload for this tenant."""
    return NotFound(
        f"There is no upload {upload_id}. It was ended, or nothing came for 24 hours; begin a new "
        "one with POST /api/v1/uploads.",
        code="UPLOAD_NOT_FOUND",
    )


def locked(upload_id: UUID) -> UploadLocked:
    """Says that somebody else has the upload in hand."""
    return UploadLocked(
        f"Another request has upload {upload_id} in hand. Ask for the offset in a few seconds "
        "(HEAD), then go on from there.",
        details={"retryAfter": round(LEASE.total_seconds() / 5)},
    )


async def _beat(database: Database, tenant: Tenant, held: Hold, lease: timedelta) -> None:
    while not held.lost:
        await asyncio.sleep(lease.total_seconds() / 4)
        try:
            ours = await database.run(
                tenant, lambda scope: store.renew(scope, held.row.id, held.holder, lease)
            )
        except _FAULTS as error:
            # The lease may end meanwhile; the next beat learns whether somebody took it.
            _log.warning("upload_heartbeat_failed", detail=f"{type(error).__name__}: {error}")
            continue
        held.lost = not ours


async def _let_go(database: Database, tenant: Tenant, held: Hold) -> None:
    try:
        await database.run(tenant, lambda scope: store.release(scope, held.row.id, held.holder))
    except _FAULTS as error:
        # The lease ends by itself.
        _log.warning("upload_release_failed", detail=f"{type(error).__name__}: {error}")
