"""Makes content of uploads that are there whole: checked, placed and stored, also after a crash.

Every step leaves a row from which another process can go on. The check runs beside the request that
brought the last byte, since it reads a file of any size.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import structlog
import uuid_utils.compat as uuids

from mpcas2_core.content import store as content_store
from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.service import Contents
from mpcas2_core.content.upload import Upload
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import EngineError, InvalidInput, NotFound, TooLarge, UnsupportedMedia
from mpcas2_core.storage import Storage, UploadBusy
from mpcas2_core.uploads import store
from mpcas2_core.uploads.holding import Hold, hold, locked
from mpcas2_core.uploads.rows import Refusal, UploadLocked

__all__ = ("Finisher",)

_log = structlog.get_logger(__name__)
# What is wrong with the file itself; anything else is tried again.
_REFUSED = (InvalidInput, UnsupportedMedia, TooLarge)


class Finisher:
    """Checks uploads of this process, each one once at a time.

    Args:
        database: Where the rows are.
        storage: Where the bytes are.
        contents: Makes content of them.
        probe: Looks into them.
    """

    def __init__(
        self, database: Database, storage: Storage, contents: Contents, probe: FileProbe
    ) -> None:
        self._database = database
        self._storage = storage
        self._contents = contents
        self._probe = probe
        self._running: dict[UUID, asyncio.Task[None]] = {}

    def start(self, tenant: Tenant, upload_id: UUID) -> asyncio.Task[None]:
        """Begins the check of an upload, unless it is under way here."""
        running = self._running.get(upload_id)
        if running is not None:
            return running
        task = asyncio.create_task(self.run(tenant, upload_id), name=f"upload {upload_id}")
        self._running[upload_id] = task
        task.add_done_callback(lambda done: self._ended(upload_id, done))
        return task

    async def finish(self, tenant: Tenant, upload_id: UUID, *, seconds: float) -> None:
        """Checks an upload and waits for it, for so long at most; it goes on by itself then.

        Raises:
            StorageFull: There is no room left; whoever asks for the upload tries again.
            StorageUnavailable: The store refuses; likewise.
        """
        task = self.start(tenant, upload_id)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if done and not task.cancelled():
            task.result()

    async def close(self) -> None:
        """Stops what runs; another process goes on with it."""
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def run(self, tenant: Tenant, upload_id: UUID) -> None:
        """Does what is left to do for an upload; one that another process has in hand is left.

        Raises:
            StorageFull: There is no room left.
            StorageUnavailable: The store refuses.
        """
        try:
            async with hold(self._database, tenant, upload_id) as held:
                if held.row.state == "checking":
                    await self._finish(tenant, held)
        except (UploadLocked, NotFound):
            return

    def _ended(self, upload_id: UUID, task: asyncio.Task[None]) -> None:
        self._running.pop(upload_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("upload_not_finished", upload_id=str(upload_id), error=repr(error))

    async def _finish(self, tenant: Tenant, held: Hold) -> None:
        row = held.row
        try:
            async with (
                self._storage.resume(tenant.id, row.id) as writer,
                self._storage.writer(tenant.id) as thumbnail,
            ):
                if writer.offset < row.size:
                    await self._without_bytes(tenant, held, writer.offset)
                    return
                upload = Upload(writer, thumbnail, self._probe, tenant.id)
                try:
                    await self._make(tenant, held, upload)
                except _REFUSED as error:
                    await self._refuse(tenant, held, error)
                    await writer.discard()
        except UploadBusy:
            raise locked(row.id) from None

    async def _make(self, tenant: Tenant, held: Hold, upload: Upload) -> None:
        row = held.row
        if row.content.type == "text":
            raise InvalidInput("Text has no file.", details={"field": "type"})
        file = await upload.check(row.content.type, row.file_name)

        async def note(scope: Scope) -> None:
            # A removal of the same file that is under way ends before it is placed; a later one
            # finds it needed.
            await content_store.lock_files(scope, *file.names)
            if not await store.keep_file(scope, row.id, held.holder, file):
                raise locked(row.id)

        async def make(scope: Scope) -> None:
            content = await self._contents.create(scope, row.user_id, row.content, upload)
            await self._end(scope, held, content.id)

        await self._database.run(tenant, note)
        # A fault from here on leaves the file placed and noted: whoever comes next goes on.
        await upload.place()
        await self._database.run(tenant, make)

    async def _without_bytes(self, tenant: Tenant, held: Hold, kept: int) -> None:
        """Goes on where a process died after it had placed the file, or asks for the bytes again."""
        row = held.row
        noted = row.file

        async def make(scope: Scope) -> None:
            placed = None
            if noted is not None:
                await content_store.lock_files(scope, *noted.names)
                # Its thumbnail is no reason to send it all again.
                placed = await self._contents.stored(tenant, noted)
            if placed is None:
                await store.note_received(scope, row.id, held.holder, kept)
                return
            content_id = uuids.uuid7()
            await content_store.insert(scope, content_id, row.user_id, row.content, placed)
            await self._end(scope, held, content_id)

        await self._database.run(tenant, make)

    async def _end(self, scope: Scope, held: Hold, content_id: UUID) -> None:
        if not await store.settle(scope, held.row.id, held.holder, "done"):
            raise locked(held.row.id)
        await store.name_content(scope, held.row.id, content_id)

    async def _refuse(self, tenant: Tenant, held: Hold, error: EngineError) -> None:
        refusal = Refusal(
            status=error.status,
            code=error.code,
            message=error.message,
            details=error.details or {},
        )
        await self._database.run(
            tenant,
            lambda scope: store.settle(scope, held.row.id, held.holder, "refused", refusal=refusal),
        )
