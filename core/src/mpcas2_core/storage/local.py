"""Media files in a folder of this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import FileIO
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from mpcas2_core.storage.local_faults import told
from mpcas2_core.storage.local_writer import LocalWriter
from mpcas2_core.storage.naming import is_digest, require_digest
from mpcas2_core.storage.protocol import ABANDONED_SECONDS, StorageWriter, StoredFileMissing
from mpcas2_core.storage.steps import closed_by

__all__ = ("LocalStorage",)

_T = TypeVar("_T")

CHUNK = 256 * 1024
# Files that come in lie here until they have their name; the same file system as the store, so
# that a rename is all that it takes.
INCOMING = "incoming"


class LocalStorage:
    """Keeps media files as ``<root>/<tenant id>/<first two digits>/<sha256>``.

    Args:
        root: Folder for media alone; made with the first file.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @asynccontextmanager
    async def writer(self, tenant_id: UUID) -> AsyncIterator[StorageWriter]:
        """Opens a writer for one new file of a tenant.

        The file on disk is made with the first bytes.
        """
        writer = self._writer(tenant_id, uuid4(), hashing=True)
        async with closed_by(writer.discard):
            yield writer

    @asynccontextmanager
    async def resume(self, tenant_id: UUID, upload_id: UUID) -> AsyncIterator[StorageWriter]:
        """Opens a writer whose bytes outlive the context."""
        writer = self._writer(tenant_id, upload_id)
        async with closed_by(writer.end):
            await writer.open()
            yield writer

    async def open(
        self, tenant_id: UUID, sha256: str, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Reads a file, or a part of it, in chunks of 256 KiB."""
        file = await self._in_thread(lambda: self._open(tenant_id, sha256, start))
        left = length
        try:
            while left is None or left > 0:
                wanted = CHUNK if left is None else min(CHUNK, left)
                chunk = await self._in_thread(lambda: file.read(wanted))  # noqa: B023 - used at once
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk
        finally:
            file.close()

    async def exists(self, tenant_id: UUID, sha256: str) -> bool:
        """Says whether the tenant has this file."""
        return await self._in_thread(self._path(tenant_id, sha256).is_file)

    async def size(self, tenant_id: UUID, sha256: str) -> int:
        """Gives the size of a file in bytes."""
        path = self._path(tenant_id, sha256)

        def ask() -> int:
            try:
                return path.stat().st_size
            except FileNotFoundError as error:
                raise self._missing(sha256) from error

        return await self._in_thread(ask)

    async def delete(self, tenant_id: UUID, sha256: str) -> None:
        """Removes a file; one that is not there is no error."""
        path = self._path(tenant_id, sha256)
        await self._in_thread(lambda: path.unlink(missing_ok=True))

    async def names(
        self, tenant_id: UUID, older_than: float = 0.0
    ) -> AsyncIterator[tuple[str, int]]:
        """Goes through the stored files of a tenant, folder by folder."""
        tenant = self._root / str(tenant_id)
        before = time.time() - older_than
        for folder in await self._in_thread(lambda: sorted(tenant.glob("[0-9a-f][0-9a-f]"))):
            page = await self._in_thread(lambda: _listed(folder, before))  # noqa: B023 - used at once
            for entry in page:
                yield entry

    async def remove_abandoned(self, older_than: float = ABANDONED_SECONDS) -> int:
        """Removes half-written files that a process left when it was killed."""
        return await self._in_thread(lambda: self._remove_abandoned(older_than))

    async def check(self) -> str | None:
        """Writes a byte and removes it."""
        try:
            await asyncio.to_thread(self._try_out)
        except OSError as error:
            return (
                f"Media cannot be written under {self._root} ({error.strerror}). "
                "Give the process the right to write there, or make room."
            )
        return None

    def _writer(self, tenant_id: UUID, upload_id: UUID, *, hashing: bool = False) -> LocalWriter:
        return LocalWriter(
            root=self._root,
            incoming=self._root / str(tenant_id) / INCOMING / upload_id.hex,
            target=lambda sha256: self._path(tenant_id, sha256),
            hashing=hashing,
        )

    def _path(self, tenant_id: UUID, sha256: str) -> Path:
        return self._root / str(tenant_id) / require_digest(sha256)[:2] / sha256

    def _open(self, tenant_id: UUID, sha256: str, start: int) -> FileIO:
        try:
            file = FileIO(self._path(tenant_id, sha256))
        except FileNotFoundError as error:
            raise self._missing(sha256) from error
        file.seek(start)
        return file

    def _missing(self, sha256: str) -> Exception:
        # Where the store itself is not there, nobody can say that the file is lost.
        try:
            self._root.stat()
        except OSError as error:
            return error
        return StoredFileMissing(
            f"The file {sha256[:12]}… is not in the store. Upload it again, or restore it from a "
            "backup."
        )

    def _try_out(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._root / f".check-{uuid4().hex}"
        try:
            path.write_bytes(b"1")
        finally:
            path.unlink(missing_ok=True)

    def _remove_abandoned(self, older_than: float) -> int:
        before = time.time() - older_than
        removed = 0
        for path in self._root.glob(f"*/{INCOMING}/*"):
            try:
                if path.stat().st_mtime <= before:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                # Its upload ended, or another process removes it as well.
                continue
        return removed

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        def in_words() -> _T:
            with told(self._root):
                return work()

        return await asyncio.to_thread(in_words)


def _listed(folder: Path, before: float) -> list[tuple[str, int]]:
    found = []
    for path in sorted(folder.iterdir()):
        try:
            status = path.stat()
        except FileNotFoundError:
            # Deleted while we look.
            continue
        if is_digest(path.name) and status.st_mtime <= before:
            found.append((path.name, status.st_size))
    return found
