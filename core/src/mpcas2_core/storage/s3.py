"""Media files in a bucket of Amazon S3, or of a store that speaks its protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from mpcas2_core.errors import EngineError
from mpcas2_core.storage.naming import is_digest, require_digest
from mpcas2_core.storage.protocol import (
    ABANDONED_SECONDS,
    StorageWriter,
    StoredFileMissing,
    UploadBusy,
)
from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_faults import Absent
from mpcas2_core.storage.s3_sweep import INCOMING, remove_abandoned
from mpcas2_core.storage.s3_writer import SPOOL_PREFIX, S3Writer
from mpcas2_core.storage.steps import closed_by

__all__ = ("S3Storage",)


class S3Storage:
    """Keeps media files as ``<prefix>/<tenant id>/<first two digits>/<sha256>``.

    Args:
        bucket: Where they lie.
        prefix: What every key begins with; empty to use the whole bucket.
        spool: Folder on this machine for passing copies.
    """

    def __init__(self, bucket: Bucket, *, spool: Path, prefix: str = "") -> None:
        self._bucket = bucket
        self._prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self._spool = spool
        self._open: set[str] = set()

    @asynccontextmanager
    async def writer(self, tenant_id: UUID) -> AsyncIterator[StorageWriter]:
        """Opens a writer for one new file of a tenant."""
        writer = self._writer(tenant_id, uuid4(), hashing=True)
        async with closed_by(writer.discard):
            yield writer

    @asynccontextmanager
    async def resume(self, tenant_id: UUID, upload_id: UUID) -> AsyncIterator[StorageWriter]:
        """Opens a writer whose bytes outlive the context.

        Another writer in this process is refused at once; one in another process when it syncs.
        """
        key = self._incoming(tenant_id, upload_id)
        if key in self._open:
            raise UploadBusy
        self._open.add(key)
        try:
            writer = self._writer(tenant_id, upload_id)
            await writer.open()
            async with closed_by(writer.end):
                yield writer
        finally:
            self._open.discard(key)

    async def open(
        self, tenant_id: UUID, sha256: str, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Reads a file, or a part of it, in chunks of 256 KiB."""
        if length == 0:
            await self.size(tenant_id, sha256)
            return
        try:
            async for chunk in self._bucket.read(self._key(tenant_id, sha256), start, length):
                yield chunk
        except Absent as error:
            raise _missing(sha256) from error

    async def exists(self, tenant_id: UUID, sha256: str) -> bool:
        """Says whether the tenant has this file."""
        try:
            await self._bucket.size(self._key(tenant_id, sha256))
        except Absent:
            return False
        return True

    async def size(self, tenant_id: UUID, sha256: str) -> int:
        """Gives the size of a file in bytes."""
        try:
            return await self._bucket.size(self._key(tenant_id, sha256))
        except Absent as error:
            raise _missing(sha256) from error

    async def delete(self, tenant_id: UUID, sha256: str) -> None:
        """Removes a file; one that is not there is no error."""
        await self._bucket.call("delete_object", Key=self._key(tenant_id, sha256))

    async def names(
        self, tenant_id: UUID, older_than: float = 0.0
    ) -> AsyncIterator[tuple[str, int]]:
        """Goes through the stored files of a tenant, a thousand at a time."""
        before = datetime.now(UTC) - timedelta(seconds=older_than)
        pages = self._bucket.pages("list_objects_v2", Prefix=f"{self._prefix}{tenant_id}/")
        async for page in pages:
            for entry in page.get("Contents", ()):
                name = entry["Key"].rpartition("/")[2]
                # Written so that a clock that is a little behind hides nothing from 0 seconds.
                if is_digest(name) and (not older_than or entry["LastModified"] <= before):
                    yield name, int(entry["Size"])

    async def remove_abandoned(self, older_than: float = ABANDONED_SECONDS) -> int:
        """Removes uploads that were neither committed nor discarded, and old passing copies."""
        await asyncio.to_thread(self._clear_spool, time.time() - older_than)
        return await remove_abandoned(self._bucket, self._prefix, older_than)

    async def check(self) -> str | None:
        """Writes a byte and removes it."""
        key = f"{self._prefix}.check-{uuid4().hex}"
        try:
            await self._bucket.call("put_object", Key=key, Body=b"1")
            await self._bucket.call("delete_object", Key=key)
        except EngineError as error:
            return error.message
        return None

    def _writer(self, tenant_id: UUID, upload_id: UUID, *, hashing: bool = False) -> S3Writer:
        return S3Writer(
            bucket=self._bucket,
            incoming=self._incoming(tenant_id, upload_id),
            target=lambda sha256: self._key(tenant_id, sha256),
            spool=self._spool,
            hashing=hashing,
        )

    def _incoming(self, tenant_id: UUID, upload_id: UUID) -> str:
        return f"{self._prefix}{tenant_id}/{INCOMING}/{upload_id.hex}"

    def _key(self, tenant_id: UUID, sha256: str) -> str:
        return f"{self._prefix}{tenant_id}/{require_digest(sha256)[:2]}/{sha256}"

    def _clear_spool(self, before: float) -> None:
        for path in self._spool.glob(f"{SPOOL_PREFIX}*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime <= before:
                    path.unlink()


def _missing(sha256: str) -> StoredFileMissing:
    return StoredFileMissing(
        f"The file {sha256[:12]}… is not in the store. Upload it again, or restore it from a backup."
    )
