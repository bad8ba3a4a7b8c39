"""Writes one new file to disk: durable before it is visible, and nothing left when it is given up."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import FileIO
from pathlib import Path
from typing import TypeVar

from mpcas2_core.errors import StorageUnavailable
from mpcas2_core.storage.local_faults import told
from mpcas2_core.storage.protocol import Stored, UploadBusy
from mpcas2_core.storage.steps import Steps

__all__ = ("LocalWriter",)

_T = TypeVar("_T")

# Chunks of a request are small; fewer and larger steps cost fewer changes of thread.
BLOCK = 256 * 1024


class LocalWriter:
    """A :class:`~mpcas2_core.storage.StorageWriter` on a local file system.

    Args:
        root: Folder of the store, to be named in errors.
        incoming: Where the bytes lie until the commit.
        target: Gives the final place for a SHA-256.
        hashing: True to hash the bytes as they come, for a file that one writer begins and finishes;
            what is resumed is read once in the end instead.
    """

    def __init__(
        self,
        *,
        root: Path,
        incoming: Path,
        target: Callable[[str], Path],
        hashing: bool = False,
    ) -> None:
        self._root = root
        self._incoming = incoming
        self._target = target
        self._file: FileIO | None = None
        # None when the bytes are to be read in the end.
        self._hash: hashlib._Hash | None = hashlib.sha256() if hashing else None
        self._size = 0
        self._offset = 0
        self._pending = bytearray()
        self._broken = False
        self._finished: Stored | None = None
        self._committed = False
        self._steps = Steps()

    @property
    def offset(self) -> int:
        """How many bytes are durably kept."""
        return self._offset

    async def open(self) -> None:
        """Takes up what is on disk already, and keeps other writers off it.

        Raises:
            UploadBusy: Another writer has it.
        """
        await self._step(self._opened)

    async def write(self, chunk: bytes) -> None:
        """Adds bytes to the end."""
        if self._finished is not None:
            raise RuntimeError("A finished file takes no more bytes.")
        if self._broken:
            raise RuntimeError("An earlier write failed: rewind, or open the upload again.")
        self._pending += chunk
        if len(self._pending) >= BLOCK:
            block, self._pending = self._pending, bytearray()
            self._broken = True
            await self._step(lambda: self._append(block))
            self._broken = False

    async def sync(self) -> int:
        """Makes durable what was written."""
        return await self._step(self._sync)

    async def rewind(self) -> int:
        """Forgets what was written since the last sync."""
        return await self._step(self._rewind)

    async def finish(self) -> Stored:
        """Makes the bytes durable and gives their name."""
        return await self._step(self._finish)

    @asynccontextmanager
    async def readable(self) -> AsyncIterator[Path]:
        """Gives the finished bytes where they lie."""
        if self._finished is None or self._committed:
            raise RuntimeError("The file lies here only between finish and commit.")
        yield self._incoming

    async def commit(self) -> Stored:
        """Shows the file in the store; one that is there already is kept."""
        return await self._step(self._commit)

    async def discard(self) -> None:
        """Removes what was not committed, even if the caller is cancelled meanwhile."""
        await self._steps.close(self._discard)

    async def end(self) -> None:
        """Keeps what was written and lets other writers at it."""
        await self._steps.close(self._end)

    async def _step(self, work: Callable[[], _T]) -> _T:
        def in_words() -> _T:
            with told(self._root):
                return work()

        return await self._steps.run(in_words)

    def _opened(self) -> FileIO:
        if self._file is None:
            self._incoming.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = _locked(self._incoming)
            self._size = os.fstat(self._file.fileno()).st_size
            if self._size:
                self._sync()
        return self._file

    def _append(self, block: bytes | bytearray) -> None:
        file = self._opened()
        rest = memoryview(block)
        while rest:
            written = file.write(rest)
            if self._hash is not None:
                self._hash.update(rest[:written])
            self._size += written
            rest = rest[written:]

    def _sync(self) -> int:
        block, self._pending = self._pending, bytearray()
        was_broken, self._broken = self._broken, True
        file = self._opened()
        self._append(block)
        os.fsync(file.fileno())
        if not _is_at(file, self._incoming):
            raise StorageUnavailable(
                "The file that was being received vanished from the store for media. Check that "
                "its disk is still mounted, then send the file again from the start."
            )
        if self._offset == 0:
            _sync_folder(self._incoming.parent)
        self._offset = self._size
        self._broken = was_broken
        return self._offset

    def _rewind(self) -> int:
        if self._finished is not None:
            raise RuntimeError("A finished file is not changed any more.")
        self._pending = bytearray()
        self._opened().truncate(self._offset)
        self._size = self._offset
        self._hash = None
        self._broken = False
        return self._offset

    def _finish(self) -> Stored:
        if self._finished is None:
            if self._broken:
                raise RuntimeError("An earlier write failed: rewind, or open the upload again.")
            self._sync()
            found = _digest(self._opened()) if self._hash is None else self._hash
            self._finished = Stored(sha256=found.hexdigest(), size=self._size)
        return self._finished

    def _commit(self) -> Stored:
        stored = self._finish()
        final = self._target(stored.sha256)
        if _renewed(final, stored.size):
            self._incoming.unlink(missing_ok=True)
        else:
            final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._committed:
                self._write_again()
            # Before it has its name, under which somebody may remove it at any moment.
            os.utime(self._incoming)
            self._incoming.replace(final)
            _sync_folder(final.parent)
        self._committed = True
        return stored

    def _write_again(self) -> None:
        # The name was removed since the commit; its bytes are not, while the file is open.
        file = self._opened()
        file.seek(0)
        try:
            with self._incoming.open("xb") as again:
                shutil.copyfileobj(file, again, BLOCK)
                again.flush()
                os.fsync(again.fileno())
        except BaseException:
            self._incoming.unlink(missing_ok=True)
            raise

    def _discard(self) -> None:
        if self._file is None:
            return
        try:
            if not self._committed:
                with told(self._root):
                    self._incoming.unlink(missing_ok=True)
        finally:
            self._file.close()

    def _end(self) -> None:
        if self._file is None:
            return
        try:
            if self._committed:
                return
            with told(self._root):
                if self._finished is None:
                    self._sync()
                if self._size == 0:
                    self._incoming.unlink(missing_ok=True)
        finally:
            self._file.close()


def opened(path: Path) -> FileIO:
    """Opens a file to add to its end, without a buffer of Python's own; makes it where needed."""
    return FileIO(path, "a+")


def _locked(path: Path) -> FileIO:
    while True:
        file = opened(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(file, path):
                return file
        except BlockingIOError:
            file.close()
            raise UploadBusy from None
        except BaseException:
            file.close()
            raise
        # Whoever had it before committed or discarded it just now: this is no longer the file.
        file.close()


def _is_at(file: FileIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _renewed(final: Path, size: int) -> bool:
    """Makes a stored file young again; False where there is none, or a damaged one."""
    try:
        if final.stat().st_size != size:
            return False
        os.utime(final)
    except FileNotFoundError:
        return False
    return True


def _digest(file: FileIO) -> hashlib._Hash:
    file.seek(0)
    found = hashlib.sha256()
    while block := file.read(BLOCK):
        found.update(block)
    return found


def _sync_folder(folder: Path) -> None:
    # Without it a crash of the machine may forget the name, though not the bytes.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
