"""Writes one new file to disk: durable before it is visible, and nothing left when it is given up."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from threading import Lock
from typing import TypeVar

from mpcas2_core.errors import StorageFull
from mpcas2_core.storage.protocol import Stored

__all__ = ("LocalWriter",)

_T = TypeVar("_T")

# Chunks of a request are small; fewer and larger steps cost fewer changes of thread.
BLOCK = 256 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class LocalWriter:
    """A :class:`StorageWriter` on a local file system.

    Args:
        incoming: Where the bytes lie until the commit.
        target: Gives the final place for a SHA-256.
    """

    def __init__(self, *, incoming: Path, target: Callable[[str], Path]) -> None:
        self._incoming = incoming
        self._target = target
        self._file: FileIO | None = None
        self._hash = hashlib.sha256()
        self._size = 0
        self._pending = bytearray()
        self._finished: Stored | None = None
        self._committed = False
        self._given_up = False
        # A cancelled caller leaves its step running in a thread; whoever comes next has to wait
        # for it, or it would write into a descriptor that was closed and given to someone else.
        self._lock = Lock()

    @property
    def path(self) -> Path:
        """Where the finished bytes lie before the commit."""
        if self._finished is None or self._committed:
            raise RuntimeError("The file lies here only between finish and commit.")
        return self._incoming

    async def write(self, chunk: bytes) -> None:
        """Adds bytes to the end.

        Raises:
            StorageFull: There is no room left.
        """
        if self._finished is not None:
            raise RuntimeError("A finished file takes no more bytes.")
        self._pending += chunk
        if len(self._pending) >= BLOCK:
            block, self._pending = self._pending, bytearray()
            await self._step(lambda: self._append(block))

    async def finish(self) -> Stored:
        """Makes the bytes durable and gives their name.

        Raises:
            StorageFull: There is no room left.
        """
        return await self._step(self._finish)

    async def commit(self) -> Stored:
        """Shows the file in the store; one that is there already is kept.

        Raises:
            StorageFull: There is no room left.
        """
        return await self._step(self._commit)

    async def discard(self) -> None:
        """Removes what was not committed, even if the caller is cancelled meanwhile."""
        await asyncio.get_running_loop().run_in_executor(None, self._discard)

    async def _step(self, work: Callable[[], _T]) -> _T:
        def locked() -> _T:
            with self._lock:
                if self._given_up:
                    raise RuntimeError("The file was given up.")
                return work()

        try:
            return await asyncio.to_thread(locked)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StorageFull(
                    "The store for media has no room left. Free space or enlarge the disk, then "
                    "send the file again."
                ) from error
            raise

    def _append(self, block: bytes | bytearray) -> FileIO:
        if self._file is None:
            self._incoming.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = opened(self._incoming)
        rest = memoryview(block)
        self._hash.update(rest)
        self._size += len(rest)
        while rest:
            rest = rest[self._file.write(rest) :]
        return self._file

    def _finish(self) -> Stored:
        if self._finished is None:
            file = self._append(self._pending)
            self._pending = bytearray()
            os.fsync(file.fileno())
            file.close()
            self._finished = Stored(sha256=self._hash.hexdigest(), size=self._size)
        return self._finished

    def _commit(self) -> Stored:
        stored = self._finish()
        if self._committed:
            return stored
        final = self._target(stored.sha256)
        if final.is_file() and final.stat().st_size == stored.size:
            self._incoming.unlink()
        else:
            final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._incoming.replace(final)
            _sync_folder(final.parent)
        self._committed = True
        return stored

    def _discard(self) -> None:
        with self._lock:
            self._given_up = True
            if self._file is None:
                return
            self._file.close()
            if not self._committed:
                self._incoming.unlink(missing_ok=True)


def opened(path: Path) -> FileIO:
    """Makes a file that was not there before, to be written without a buffer of Python's own."""
    return FileIO(path, "x")


def _sync_folder(folder: Path) -> None:
    # Without it a crash of the machine may forget the rename, though not the bytes.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
