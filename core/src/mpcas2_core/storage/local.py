"""Media files in a folder of this machine."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import UUID, uuid4

from mpcas2_core.storage.local_writer import LocalWriter
from mpcas2_core.storage.protocol import StorageWriter, StoredFileMissing

__all__ = ("LocalStorage",)

_T = TypeVar("_T")

CHUNK = 256 * 1024
# Files that come in lie here until they have their name; the same file system as the store, so
# that a rename is all that it takes.
INCOMING = "incoming"
ABANDONED_SECONDS = 24 * 3600
_SHA256 = re.compile(r"[0-9a-f]{64}")


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

        The file on disk is made with the first byte. See :class:`StorageWriter`.
        """
        writer = LocalWriter(
            incoming=self._root / str(tenant_id) / INCOMING / uuid4().hex,
            target=lambda sha256: self._path(tenant_id, sha256),
        )
        try:
            yield writer
        finally:
            await writer.discard()

    async def open(self, tenant_id: UUID, sha256: str) -> AsyncIterator[bytes]:
        """Reads a file in chunks of 256 KiB.

        Raises:
            StoredFileMissing: There is none; raised by the first step of the iteration.
        """
        file = await _in_thread(_open, self._path(tenant_id, sha256))
        try:
            while chunk := await _in_thread(file.read, CHUNK):
                yield chunk
        finally:
            file.close()

    async def exists(self, tenant_id: UUID, sha256: str) -> bool:
        """Says whether the tenant has this file."""
        return await _in_thread(self._path(tenant_id, sha256).is_file)

    async def size(self, tenant_id: UUID, sha256: str) -> int:
        """Gives the size of a file in bytes.

        Raises:
            StoredFileMissing: There is none.
        """
        path = self._path(tenant_id, sha256)
        try:
            return (await _in_thread(path.stat)).st_size
        except FileNotFoundError as error:
            raise _missing(sha256) from error

    async def delete(self, tenant_id: UUID, sha256: str) -> None:
        """Removes a file; one that is not there is no error."""
        path = self._path(tenant_id, sha256)
        await _in_thread(lambda: path.unlink(missing_ok=True))

    async def check(self) -> str | None:
        """Writes a byte and removes it.

        Returns:
            What is wrong and what to do, or None when files can be written.
        """
        try:
            await _in_thread(self._try_out)
        except OSError as error:
            return (
                f"Media cannot be written under {self._root} ({error.strerror}). "
                "Give the process the right to write there, or make room."
            )
        return None

    async def remove_abandoned(self) -> int:
        """Removes half-written files that a process left when it was killed.

        Only files that nobody touched for a day go, so other processes' uploads are safe.

        Returns:
            How many were removed.
        """
        return await _in_thread(self._remove_abandoned)

    def _path(self, tenant_id: UUID, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"{sha256!r} is not a SHA-256 in lower-case hexadecimal.")
        return self._root / str(tenant_id) / sha256[:2] / sha256

    def _try_out(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._root / f".check-{uuid4().hex}"
        try:
            path.write_bytes(b"1")
        finally:
            path.unlink(missing_ok=True)

    def _remove_abandoned(self) -> int:
        before = time.time() - ABANDONED_SECONDS
        removed = 0
        for path in self._root.glob(f"*/{INCOMING}/*"):
            try:
                if path.stat().st_mtime < before:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                # Its upload ended, or another process removes it as well.
                continue
        return removed


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise _missing(path.name) from error


def _missing(sha256: str) -> StoredFileMissing:
    return StoredFileMissing(
        f"The file {sha256[:12]}… is not in the store. Upload it again, or restore it from a backup."
    )


async def _in_thread(work: Callable[..., _T], *args: object) -> _T:
    return await asyncio.to_thread(work, *args)
