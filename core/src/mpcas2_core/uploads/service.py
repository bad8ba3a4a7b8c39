"""Uploads: begun, received bit by bit over many requests, ended as content or as a refusal."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids

from mpcas2_core.content import wording
from mpcas2_core.content.probe import FileProbe
from mpcas2_core.content.service import Contents
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import InvalidInput, TooLarge
from mpcas2_core.storage import Storage, StorageWriter, UploadBusy
from mpcas2_core.storage.steps import to_the_end
from mpcas2_core.uploads import quota, store
from mpcas2_core.uploads.finishing import Finisher
from mpcas2_core.uploads.holding import Hold, hold, locked, not_found
from mpcas2_core.uploads.refusals import gone, refused, require_offset, silent, too_long
from mpcas2_core.uploads.rows import (
    Checksum,
    ChecksumMismatch,
    NewUpload,
    UploadLocked,
    UploadRow,
)

__all__ = ("Uploads",)

# A client that is silent for so long is taken for gone; what came is kept.
IDLE_SECONDS = 30.0
# How long the request with the last byte waits for the check; it goes on by itself afterwards.
FINISH_SECONDS = 10.0
# What a killed process may cost at most where the store keeps nothing by itself. A multiple of its
# parts, so that little hangs over.
SAVE_BYTES = 64 * 1024 * 1024


class Uploads:
    """The uploads of tenants.

    Args:
        database: Where the rows are.
        storage: Where the bytes are.
        contents: Makes content of what came in.
        probe: Looks into it.
        max_bytes: Greatest size of a file.
        default_limit: Bytes that a tenant's files may take where it has no limit of its own; 0 for
            no limit.
        idle_seconds: How long a client may be silent in the middle of a request.
    """

    def __init__(
        self,
        database: Database,
        storage: Storage,
        contents: Contents,
        probe: FileProbe,
        *,
        max_bytes: int,
        default_limit: int = 0,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.max_bytes = max_bytes
        self.finisher = Finisher(database, storage, contents, probe)
        self._database = database
        self._storage = storage
        self._default_limit = default_limit
        self._idle_seconds = idle_seconds

    async def close(self) -> None:
        """Stops checks that are running; whoever asks next, here or elsewhere, begins them anew."""
        await self.finisher.close()

    def check_new(self, new: NewUpload) -> NewUpload:
        """Judges how an upload would begin, and gives it tidied.

        Raises:
            InvalidInput: What does not fit; ``details`` name the field.
            TooLarge: The file is larger than this installation takes.
        """
        if new.size < 1:
            raise InvalidInput(
                "The file is empty. Choose it again and send it once more.",
                code="EMPTY_FILE",
                details={"field": "file"},
            )
        if new.size > self.max_bytes:
            raise TooLarge(
                f"The file is larger than this installation takes ({self.max_bytes} bytes). Send a "
                "smaller one, or let the operator raise MPCAS2_MAX_UPLOAD_BYTES.",
                code="FILE_TOO_LARGE",
                details={"field": "file", "maxBytes": self.max_bytes},
            )
        return NewUpload(
            size=new.size,
            file_name=wording.file_name(new.file_name),
            content=wording.checked(new.content, has_file=True),
            metadata=new.metadata,
        )

    async def begin(self, scope: Scope, user_id: UUID, new: NewUpload) -> UploadRow:
        """Begins an upload and keeps room for it.

        Args:
            scope: The tenant.
            user_id: Who sends the file.
            new: As :meth:`check_new` gave it.

        Raises:
            QuotaExceeded: The tenant has no room for it.
        """
        await quota.require_room(scope, new.size, self._default_limit)
        return await store.insert(scope, uuids.uuid7(), user_id, new)

    async def get(self, tenant: Tenant, upload_id: UUID) -> UploadRow:
        """Gives an upload as it is noted; begins the check again that a killed process left undone.

        The store is asked only where a process was killed while it had the upload in hand, so that
        who asks again and again is in nobody's way.

        Raises:
            NotFound: The tenant has none of that id.
            StorageUnavailable: The store was asked and cannot say what it has.
        """
        row = await self._row(tenant, upload_id)
        if row.state == "receiving" and row.left_held:
            try:
                row = await self._looked_up(tenant, upload_id)
            except UploadLocked:
                # It was taken in this moment: what the row says is all that can be said.
                row = await self._row(tenant, upload_id)
        if row.state == "checking" and not row.held:
            self.finisher.start(tenant, upload_id)
        return row

    async def receive(
        self,
        tenant: Tenant,
        upload_id: UUID,
        offset: int,
        chunks: AsyncIterator[bytes],
        *,
        announced: int | None = None,
        checksum: Checksum | None = None,
    ) -> UploadRow:
        """Adds bytes. Whatever interrupts it, what came is kept, unless it came with a checksum.

        After the last byte the check is waited for, for a while; ``state`` tells how it stands.

        Args:
            tenant: Whose upload it is.
            upload_id: Which.
            offset: Where the client means to go on.
            chunks: The bytes.
            announced: How many there are, where the client said it.
            checksum: What they hash to; one that does not fit keeps none of them.

        Raises:
            NotFound: The tenant has none of that id.
            UploadGone: The file was refused before.
            UploadLocked: Another request has it in hand.
            Conflict: ``UPLOAD_OFFSET_MISMATCH``: the upload is at another offset.
            TooLarge: There are more bytes than the upload has left.
            ChecksumMismatch: The bytes are not those that were meant.
            StorageFull: There is no room left.
            InvalidInput: The client fell silent, or the file is not what was said.
            UnsupportedMedia: The whole file is not what was said, or does not decode.
        """
        async with hold(self._database, tenant, upload_id) as held:
            row = held.row
            if row.state == "refused":
                raise gone(row.refusal)
            if row.state == "receiving":
                try:
                    async with self._storage.resume(tenant.id, upload_id) as writer:
                        # First, so that whoever is refused learns the store's offset by asking.
                        row = await self._note(tenant, held, writer.offset)
                        require_offset(writer.offset, offset)
                        if row.state == "receiving":
                            row = await self._write(
                                tenant, held, writer, chunks, announced=announced, checksum=checksum
                            )
                except UploadBusy:
                    raise locked(upload_id) from None
            else:
                # A repeated request whose answer was lost.
                require_offset(row.size, offset)
        if row.state == "checking":
            await self.finisher.finish(tenant, upload_id, seconds=FINISH_SECONDS)
            row = await self._row(tenant, upload_id)
        if row.refusal is not None:
            raise refused(row.refusal)
        return row

    async def end(self, tenant: Tenant, upload_id: UUID) -> None:
        """Gives an upload up and removes its bytes. Content that was made of it stays.

        Raises:
            NotFound: The tenant has none of that id.
            UploadLocked: Another request has it in hand.
        """
        async with hold(self._database, tenant, upload_id) as held:
            if held.row.state in {"receiving", "checking"}:
                try:
                    async with self._storage.resume(tenant.id, upload_id) as writer:
                        await writer.discard()
                except UploadBusy:
                    raise locked(upload_id) from None
            await self._database.run(
                tenant, lambda scope: store.delete(scope, upload_id, held.holder)
            )

    async def usage(self, scope: Scope) -> quota.Usage:
        """Tells what the tenant's files take, and how much they may."""
        return await quota.usage(scope, self._default_limit)

    async def _row(self, tenant: Tenant, upload_id: UUID) -> UploadRow:
        row = await self._database.run(tenant, lambda scope: store.get(scope, upload_id))
        if row is None:
            raise not_found(upload_id)
        return row

    async def _looked_up(self, tenant: Tenant, upload_id: UUID) -> UploadRow:
        """Asks the store how much it has, of which a killed process noted less."""
        async with hold(self._database, tenant, upload_id) as held:
            try:
                async with self._storage.resume(tenant.id, upload_id) as writer:
                    kept = writer.offset
            except UploadBusy:
                raise locked(upload_id) from None
            row = held.row
            if row.state == "receiving":
                row = await self._note(tenant, held, kept)
            # Held by nobody but the one who asks.
            return msgspec.structs.replace(row, held=False)

    async def _write(
        self,
        tenant: Tenant,
        held: Hold,
        writer: StorageWriter,
        chunks: AsyncIterator[bytes],
        *,
        announced: int | None,
        checksum: Checksum | None,
    ) -> UploadRow:
        left = held.row.size - writer.offset
        if announced is not None and announced > left:
            raise too_long(left)
        whole = False
        try:
            await self._copy(held, writer, chunks, left, checksum)
            whole = True
        finally:
            # To the end: a client that goes away cancels the request, and what came is kept.
            undo = checksum is not None and not whole
            closing = asyncio.create_task(self._close(tenant, held, writer, undo=undo))
            row = await to_the_end(closing)
        return row

    async def _copy(
        self,
        held: Hold,
        writer: StorageWriter,
        chunks: AsyncIterator[bytes],
        left: int,
        checksum: Checksum | None,
    ) -> None:
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        at = writer.offset
        while chunk := await self._next(chunks):
            held.require()
            if len(chunk) > left:
                raise too_long(left)
            left -= len(chunk)
            if digest is not None:
                digest.update(chunk)
            await writer.write(chunk)
            before, at = at, at + len(chunk)
            # Bytes whose checksum is still to be judged can be taken back only until then.
            if digest is None and at // SAVE_BYTES > before // SAVE_BYTES:
                await writer.sync()
        if digest is not None and checksum is not None and digest.digest() != checksum.digest:
            raise ChecksumMismatch(
                f"The bytes do not have the {checksum.algorithm} that came with them, so none of "
                "them were kept. Send them once more from the same offset."
            )

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes:
        try:
            async with asyncio.timeout(self._idle_seconds):
                # Servers end a body with an empty chunk; one in the middle means nothing.
                async for chunk in chunks:
                    if chunk:
                        return chunk
        except TimeoutError:
            raise silent(self._idle_seconds) from None
        return b""

    async def _close(
        self, tenant: Tenant, held: Hold, writer: StorageWriter, *, undo: bool
    ) -> UploadRow:
        kept = await (writer.rewind() if undo else writer.sync())
        return await self._note(tenant, held, kept)

    async def _note(self, tenant: Tenant, held: Hold, kept: int) -> UploadRow:
        if kept == held.row.received:
            return held.row
        row = await self._database.run(
            tenant, lambda scope: store.note_received(scope, held.row.id, held.holder, kept)
        )
        if row is None:
            raise locked(held.row.id)
        held.row = row
        return row
