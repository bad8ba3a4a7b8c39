"""Clears away what nobody comes back for: uploads out of time, and files that nothing names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import msgspec
import structlog

from mpcas2_core.content import store as content_store
from mpcas2_core.database import TenantBehind, TenantUnavailable
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import EngineError, NotFound
from mpcas2_core.storage import Storage
from mpcas2_core.tenants import Tenants
from mpcas2_core.uploads import quota, store
from mpcas2_core.uploads.rows import UploadLocked
from mpcas2_core.uploads.service import Uploads

__all__ = ("Sweep", "Swept")

# A file is placed shortly before its content is stored: a younger one may be under way.
ORPHAN_SECONDS = 24 * 3600.0
AT_ONCE = 100
NAMES_AT_ONCE = 500
_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, EngineError)
_log = structlog.get_logger(__name__)


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep did.

    Attributes:
        finished: Uploads whose check a killed process had left undone.
        expired: Uploads that nobody came back for.
        orphans: Files that nothing named.
        orphan_bytes: Their size together.
        miscounted: Tenants whose usage had to be corrected.
        failed: Tenants that could not be swept; the log says why.
    """

    finished: int = 0
    expired: int = 0
    orphans: int = 0
    orphan_bytes: int = 0
    miscounted: int = 0
    failed: int = 0


class Sweep:
    """Clears away for all tenants. Two processes may do so at once.

    Args:
        database: Where the rows are.
        storage: Where the files are.
        uploads: Ends uploads.
        tenants: Judges who is served.
        orphan_seconds: How old an orphan is when it goes.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        uploads: Uploads,
        tenants: Tenants,
        *,
        orphan_seconds: float = ORPHAN_SECONDS,
    ) -> None:
        self._database = database
        self._storage = storage
        self._uploads = uploads
        self._tenants = tenants
        self._orphan_seconds = orphan_seconds

    async def run(self) -> Swept:
        """Sweeps every active tenant; one that fails does not stop the others."""
        total: dict[str, int] = dict.fromkeys(Swept.__struct_fields__, 0)
        async for tenant in self._served():
            try:
                for name, number in (await self._sweep(tenant)).items():
                    total[name] += number
            except _FAULTS as error:
                total["failed"] += 1
                _log.warning("sweep_failed", tenant_id=str(tenant.id), error=repr(error))
        return msgspec.convert(total, Swept)

    async def _served(self) -> AsyncIterator[Tenant]:
        async with self._database.public() as connection:
            rows = await connection.fetch(
                "SELECT id FROM public.tenants WHERE status = 'active' ORDER BY id"
            )
        for row in rows:
            try:
                yield await self._tenants.resolve(row["id"])
            except (TenantBehind, TenantUnavailable):
                continue

    async def _sweep(self, tenant: Tenant) -> dict[str, int]:
        did: dict[str, int] = {"finished": 0, "expired": 0, "orphans": 0, "orphan_bytes": 0}
        for row in await self._database.run(tenant, lambda scope: store.due(scope, AT_ONCE)):
            if row.state == "checking":
                await self._uploads.finisher.run(tenant, row.id)
                did["finished"] += 1
                continue
            try:
                await self._uploads.end(tenant, row.id)
            except (NotFound, UploadLocked):
                continue
            did["expired"] += 1
        async for sizes in _batches(self._storage.names(tenant.id, self._orphan_seconds)):
            # Nearly every file is the file of content: one question for many sorts those out.
            for sha256 in await self._database.run(tenant, _without_content(list(sizes))):
                if await self._database.run(tenant, self._removed(sha256)):
                    did["orphans"] += 1
                    did["orphan_bytes"] += sizes[sha256]
        wrong = await self._database.run(tenant, quota.recount)
        return {**did, "miscounted": int(wrong != 0)}

    def _removed(self, sha256: str) -> Callable[[Scope], Awaitable[bool]]:
        async def work(scope: Scope) -> bool:
            # Whoever brings the same file at this moment waits, or is waited for.
            await content_store.lock_files(scope, sha256)
            if await content_store.file_is_needed(scope, sha256):
                return False
            await self._storage.delete(scope.tenant.id, sha256)
            await content_store.forget_file(scope, sha256)
            return True

        return work


async def _batches(names: AsyncIterator[tuple[str, int]]) -> AsyncIterator[dict[str, int]]:
    batch: dict[str, int] = {}
    async for sha256, size in names:
        batch[sha256] = size
        if len(batch) == NAMES_AT_ONCE:
            yield batch
            batch = {}
    if batch:
        yield batch


def _without_content(names: list[str]) -> Callable[[Scope], Awaitable[list[str]]]:
    async def work(scope: Scope) -> list[str]:
        rows = await scope.fetch(
            "/* mpcas2:sweep.unnamed */ SELECT n.sha256 FROM unnest($1::text[]) AS n (sha256) "
            "WHERE NOT EXISTS (SELECT FROM content c WHERE c.file_sha256 = n.sha256 "
            "AND c.deleted_at IS NULL) AND NOT EXISTS (SELECT FROM content c "
            "WHERE c.thumbnail_sha256 = n.sha256 AND c.deleted_at IS NULL)",
            names,
        )
        return [row["sha256"] for row in rows]

    return work
