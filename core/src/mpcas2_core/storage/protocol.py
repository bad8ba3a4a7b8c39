"""What the engine asks of a place for media files.

A file is named by the SHA-256 of its bytes inside the part of the store that belongs to one tenant:
``<tenant id>/<first two digits>/<sha256>``. Equal files of one tenant are kept once; files of
two tenants are never shared, so that a tenant can be erased whole.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol
from uuid import UUID

import msgspec

from mpcas2_core.errors import Conflict, NotFound

__all__ = (
    "ABANDONED_SECONDS",
    "Storage",
    "StorageWriter",
    "Stored",
    "StoredFileMissing",
    "UploadBusy",
)

# Uploads that nobody touched for so long are given up.
ABANDONED_SECONDS = 24 * 3600.0


class StoredFileMissing(NotFound):
    """The store lacks a file that it should have."""

    default_code = "FILE_MISSING"


class UploadBusy(Conflict):
    """Another writer has this upload now; the one that came first goes on undisturbed."""

    default_code = "UPLOAD_BUSY"

    def __init__(self) -> None:
        super().__init__(
            "This upload is being received over another connection. Wait until that one ends, ask "
            "for the offset, and go on from there."
        )


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the store knows it.

    Attributes:
        sha256: SHA-256 of its bytes in lower-case hexadecimal; its name.
        size: Its size in bytes.
    """

    sha256: str
    size: int


class StorageWriter(Protocol):
    """Takes one new file, chunk by chunk, in constant memory.

    The file enters the store with :meth:`commit`. Every method that touches the store may raise
    :class:`~mpcas2_core.errors.StorageFull` where there is no room left and
    :class:`~mpcas2_core.errors.StorageUnavailable` where the store cannot be reached or refuses.
    After a write that failed or was cancelled nothing more may be written; :meth:`sync` keeps what
    arrived before, :meth:`rewind` makes the writer usable again.
    """

    @property
    def offset(self) -> int:
        """How many bytes are durably kept: what a client may rely on after any fault."""

    async def write(self, chunk: bytes) -> None:
        """Adds bytes to the end; they are durable after the next :meth:`sync`.

        Raises:
            RuntimeError: The file was finished, or an earlier write failed.
        """

    async def sync(self) -> int:
        """Makes durable what was written.

        Returns:
            The new offset.
        """

    async def rewind(self) -> int:
        """Forgets what was written since the last :meth:`sync`, for bytes that proved wrong.

        Returns:
            The offset, which is where the next write goes.
        """

    async def finish(self) -> Stored:
        """Makes the bytes durable and gives their name; the store does not show them yet.

        Nothing may be written afterwards. Asking again gives the same answer. The bytes of an upload
        that is resumed are read for it.
        """

    def readable(self) -> AbstractAsyncContextManager[Path]:
        """Gives the finished bytes as a file on this machine, for a probe to read.

        To be used between :meth:`finish` and :meth:`commit`; the file may be gone afterwards.

        Raises:
            RuntimeError: The file is not finished, or was committed.
        """

    async def commit(self) -> Stored:
        """Shows the file in the store; one that is there already is kept.

        Finishes first where that was not done. Asking again gives the same answer, and shows the
        file anew where it was removed since. When the context ended, nothing is left under the id
        of the upload: who wants to resume after a kill notes the name that :meth:`finish` gave
        before, and asks :meth:`Storage.size`.
        """

    async def discard(self) -> None:
        """Gives the upload up and removes every trace of it, even if the caller is cancelled.

        A committed file stays. The writer takes no more bytes.
        """


class Storage(Protocol):
    """A place for the media files of all tenants.

    Every method may raise :class:`~mpcas2_core.errors.StorageUnavailable` where the store cannot be
    reached or refuses.
    """

    def writer(self, tenant_id: UUID) -> AbstractAsyncContextManager[StorageWriter]:
        """Opens a writer for one new file of a tenant.

        What was not committed when the context ends, by whatever error, leaves nothing.
        """

    def resume(
        self, tenant_id: UUID, upload_id: UUID
    ) -> AbstractAsyncContextManager[StorageWriter]:
        """Opens a writer whose bytes outlive the context, to add to one file bit by bit.

        Several requests, processes and restarts may follow one another. When the context ends, by
        whatever error, the writer syncs; ``offset`` of the next one tells what was kept. An upload
        that ends without :meth:`StorageWriter.commit` or :meth:`StorageWriter.discard` is removed
        by :meth:`remove_abandoned`.

        Args:
            tenant_id: Whose file it will be.
            upload_id: Chosen by the caller, one for each file.

        Raises:
            UploadBusy: Another writer has this upload now.
        """

    def open(
        self, tenant_id: UUID, sha256: str, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Reads a file, or a part of it, in chunks of at most 256 KiB.

        Args:
            tenant_id: Whose file it is.
            sha256: Its name.
            start: First byte to read. From the end of the file on, nothing is read.
            length: How many bytes at most; None for all the rest.

        Raises:
            StoredFileMissing: There is none; raised by the first step of the iteration.
        """

    async def exists(self, tenant_id: UUID, sha256: str) -> bool:
        """Says whether the tenant has this file."""

    async def size(self, tenant_id: UUID, sha256: str) -> int:
        """Gives the size of a file in bytes.

        Raises:
            StoredFileMissing: There is none.
        """

    async def delete(self, tenant_id: UUID, sha256: str) -> None:
        """Removes a file; one that is not there is no error."""

    def names(self, tenant_id: UUID, older_than: float = 0.0) -> AsyncIterator[tuple[str, int]]:
        """Goes through the stored files of a tenant, page by page, for the sweep of orphans.

        Args:
            tenant_id: Whose files.
            older_than: Only files that were placed at least so many seconds ago.

        Yields:
            SHA-256 and size in bytes.
        """

    async def remove_abandoned(self, older_than: float = ABANDONED_SECONDS) -> int:
        """Removes uploads that were neither committed nor discarded.

        Args:
            older_than: Only what nobody touched for so many seconds, so that running uploads of
                this and other processes are safe.

        Returns:
            How many were removed.
        """

    async def check(self) -> str | None:
        """Tries the store out, for the health check.

        Returns:
            What is wrong and what to do, or None when files can be written.
        """
