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

from mpcas2_core.errors import NotFound

__all__ = ("Storage", "StorageWriter", "Stored", "StoredFileMissing")


class StoredFileMissing(NotFound):
    """The store lacks a file that it should have."""

    default_code = "FILE_MISSING"


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

    The file enters the store with :meth:`commit`. A writer that is left without it, by whatever
    error, leaves nothing.
    """

    async def write(self, chunk: bytes) -> None:
        """Adds bytes to the end.

        Raises:
            StorageFull: There is no room left.
        """

    async def finish(self) -> Stored:
        """Makes the bytes durable and gives their name; the store does not show them yet.

        Nothing may be written afterwards. Asking again gives the same answer.

        Raises:
            StorageFull: There is no room left.
        """

    @property
    def path(self) -> Path:
        """Where the finished bytes lie on this machine before the commit, for a probe to read."""

    async def commit(self) -> Stored:
        """Shows the file in the store; one that is there already is kept.

        Finishes first where that was not done. Asking again gives the same answer, so it may stand
        in work that is run twice.

        Raises:
            StorageFull: There is no room left.
        """


class Storage(Protocol):
    """A place for the media files of all tenants."""

    def writer(self, tenant_id: UUID) -> AbstractAsyncContextManager[StorageWriter]:
        """Opens a writer for one new file of a tenant."""

    def open(self, tenant_id: UUID, sha256: str) -> AsyncIterator[bytes]:
        """Reads a file in chunks of 64 to 256 KiB.

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

    async def check(self) -> str | None:
        """Tries the store out, for the health check.

        Returns:
            What is wrong and what to do, or None when files can be written.
        """
