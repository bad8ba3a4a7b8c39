"""Writes one new file into a bucket: by parts, to be resumed, in constant memory.

A file that comes in is a multipart upload on its incoming key. What is durable of it says a small
object beside it, see :class:`~mpcas2_core.storage.s3_state.State`. Parts that were sent after the
last sync do not count and are sent again. A finished file lies at the incoming key until the writer
that commits it is closed.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

from mpcas2_core.errors import EngineError, StorageUnavailable
from mpcas2_core.storage.local_faults import told
from mpcas2_core.storage.protocol import Stored
from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_copy import copy
from mpcas2_core.storage.s3_faults import Absent, nothing_vanishes
from mpcas2_core.storage.s3_parts import Parts
from mpcas2_core.storage.s3_state import PART_BYTES, State, StateObject
from mpcas2_core.storage.steps import to_the_end

__all__ = ("SPOOL_PREFIX", "S3Writer")

SPOOL_PREFIX = "media-"


class S3Writer:
    """A :class:`~mpcas2_core.storage.StorageWriter` on a bucket.

    Args:
        bucket: Where the file goes.
        incoming: Key of the bytes until the commit.
        target: Gives the final key for a SHA-256.
        spool: Folder for a copy that a probe reads.
        hashing: True to hash the bytes as they come, for a file that one writer begins and finishes;
            what is resumed is hashed in the end, while the probe's copy is made.
    """

    def __init__(
        self,
        *,
        bucket: Bucket,
        incoming: str,
        target: Callable[[str], str],
        spool: Path,
        hashing: bool = False,
    ) -> None:
        self._bucket = bucket
        self._incoming = incoming
        self._target = target
        self._spool = spool
        self._copy: IO[bytes] | None = None
        self._state = StateObject(bucket, incoming)
        self._parts = Parts(bucket, incoming)
        self._offset = 0
        self._parts_kept = 0
        self._tail = bytearray()
        # Over the parts, without the tail; None when the bytes are to be read in the end.
        self._hash: hashlib._Hash | None = hashlib.sha256() if hashing else None
        self._broken = False
        # Size of the finished object at the incoming key.
        self._sealed: int | None = None
        self._touched = False
        self._finished: Stored | None = None
        self._committed = False
        self._closed = False

    @property
    def offset(self) -> int:
        """How many bytes are durably kept."""
        return self._offset if self._sealed is None else self._sealed

    async def open(self) -> None:
        """Takes up what is in the bucket already."""
        self._touched = True
        try:
            size = await self._bucket.size(self._incoming)
        except Absent:
            await self._take_up()
        else:
            self._sealed = size
            await self._state.remove()

    async def write(self, chunk: bytes) -> None:
        """Adds bytes to the end."""
        self._require_open()
        if self._sealed is not None or self._finished is not None:
            raise RuntimeError("A finished file takes no more bytes.")
        self._require_whole()
        self._tail += chunk
        if len(self._tail) >= PART_BYTES:
            self._broken = True
            while len(self._tail) >= PART_BYTES:
                await self._send_part()
            self._broken = False

    async def sync(self) -> int:
        """Makes durable what was written, to the end even if the caller is cancelled."""
        self._require_open()
        return await to_the_end(asyncio.ensure_future(self._sync()))

    async def _sync(self) -> int:
        if self._sealed is not None:
            return self._sealed
        fault = await self._parts.settle()
        # Behind a part that was lost the tail has no place.
        tail = b"" if self._parts.gap else bytes(self._tail)
        now = State(upload=self._parts.upload, parts=self._parts.count, tail=tail)
        if (now.size, now.parts) != (self._offset, self._parts_kept):
            self._touched = True
            await self._state.save(now)
            self._offset, self._parts_kept = now.size, now.parts
        if fault is not None:
            self._broken = True
            raise fault
        return self.offset

    async def rewind(self) -> int:
        """Forgets what was written since the last sync."""
        self._require_open()
        if self._sealed is not None:
            raise RuntimeError("A finished file is not changed any more.")
        await self._parts.settle()
        await self._take_up()
        self._hash = None
        self._broken = False
        return self.offset

    async def finish(self) -> Stored:
        """Makes the bytes durable and gives their name."""
        self._require_open()
        if self._finished is None:
            self._require_whole()
            found = self._hash.copy() if self._hash is not None else None
            if self._sealed is None:
                await self._seal()
                if found is not None:
                    await asyncio.to_thread(found.update, self._tail)
            if found is None:
                found = hashlib.sha256()
                self._copy = await self._copied(found)
            self._tail = bytearray()
            self._finished = Stored(sha256=found.hexdigest(), size=self.offset)
        return self._finished

    @asynccontextmanager
    async def readable(self) -> AsyncIterator[Path]:
        """Gives the finished bytes as a passing copy on this machine."""
        if self._finished is None or self._committed:
            raise RuntimeError("The file lies here only between finish and commit.")
        if self._copy is None:
            self._copy = await self._copied(None)
        try:
            yield Path(self._copy.name)
        finally:
            self._drop_copy()

    async def commit(self) -> Stored:
        """Shows the file in the store; one that is there already is kept."""
        stored = await self.finish()
        target = self._target(stored.sha256)
        if await self._size(target) != stored.size:
            with nothing_vanishes():
                await copy(self._bucket, self._incoming, target, stored.size)
            self._require_size(await self._size(target), stored.size)
        self._committed = True
        return stored

    async def discard(self) -> None:
        """Removes what was not committed, even if the caller is cancelled meanwhile."""
        if not self._closed:
            self._closed = True
            self._drop_copy()
            await to_the_end(asyncio.ensure_future(self._discard()))

    async def end(self) -> None:
        """Keeps what was written, for another writer to go on with; what was committed goes."""
        if self._committed:
            await self.discard()
        elif not self._closed:
            try:
                await self.sync()
            finally:
                self._closed = True
                self._drop_copy()

    async def _take_up(self) -> None:
        state = await self._state.load()
        try:
            await self._parts.take_up(state.upload, state.parts)
        except Absent:
            # The store's owner or a rule of the bucket removed the parts: begin anew.
            await self._state.remove()
            state = State()
            await self._parts.take_up(None, 0)
        self._tail = bytearray(state.tail)
        self._offset, self._parts_kept = state.size, state.parts

    async def _send_part(self) -> None:
        # The bytes leave the tail in the last step, which cannot be cancelled: none is ever lost.
        if self._parts.upload is None:
            self._touched = True
            await to_the_end(asyncio.ensure_future(self._begin()))
        await self._parts.room()
        with memoryview(self._tail) as view:
            part = bytes(view[:PART_BYTES])
        if self._hash is not None:
            found, self._hash = self._hash, None
            await asyncio.to_thread(found.update, part)
            self._hash = found
        self._parts.send(part)
        del self._tail[:PART_BYTES]

    async def _begin(self) -> None:
        upload = await self._parts.begin()
        # So that who resumes after a kill finds this upload and not a second one.
        await self._state.save(State(upload=upload, tail=bytes(self._tail[: self._offset])))

    async def _seal(self) -> None:
        fault = await self._parts.settle()
        if fault is not None:
            self._broken = True
            raise fault
        self._touched = True
        tail = bytes(self._tail)
        whole = self._parts.count * PART_BYTES + len(tail)
        if self._parts.count == 0:
            await self._bucket.call("put_object", Key=self._incoming, Body=tail)
            if self._parts.upload is not None:
                await self._parts.abort()
        else:
            # Absent after a lost answer: put together already, as the size then shows.
            with suppress(Absent):
                await self._parts.complete(tail)
        self._require_size(await self._size(self._incoming), whole)
        self._sealed = whole
        if self._state.known:
            await self._state.remove()

    async def _discard(self) -> None:
        await self._parts.settle()
        if self._committed:
            # The file is in the store; what cannot be cleared away now goes with the abandoned.
            with suppress(EngineError):
                await self._bucket.call("delete_object", Key=self._incoming)
        elif self._touched:
            await self._parts.abort()
            await self._state.remove()
            await self._bucket.call("delete_object", Key=self._incoming)

    async def _copied(self, found: hashlib._Hash | None) -> IO[bytes]:
        """Copies the finished bytes to this machine, and hashes them on the way where asked to."""
        with told(self._spool):
            self._spool.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed with the writer
                prefix=SPOOL_PREFIX, dir=self._spool
            )

        def take(chunk: bytes) -> None:
            with told(self._spool):
                file.write(chunk)
            if found is not None:
                found.update(chunk)

        try:
            with nothing_vanishes():
                async for chunk in self._bucket.read(self._incoming):
                    await asyncio.to_thread(take, chunk)
            with told(self._spool):
                await asyncio.to_thread(file.flush)
        except BaseException:
            file.close()
            raise
        return file

    def _drop_copy(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None

    async def _size(self, key: str) -> int | None:
        try:
            return await self._bucket.size(key)
        except Absent:
            return None

    def _require_size(self, found: int | None, wanted: int) -> None:
        if found != wanted:
            raise StorageUnavailable(
                f"The media store kept {found or 0} of {wanted} bytes. Check that no rule of the "
                "bucket removes uploads, then send the file again from the start."
            )

    def _require_open(self) -> None:
        if self._closed:
            raise RuntimeError("The file was given up.")

    def _require_whole(self) -> None:
        if self._broken:
            raise RuntimeError("An earlier write failed: rewind, or open the upload again.")
