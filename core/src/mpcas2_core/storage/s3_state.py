"""What is durable of an upload into a bucket, kept in a small object beside it."""

from __future__ import annotations

import msgspec

from mpcas2_core.storage.protocol import UploadBusy
from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_faults import Absent

__all__ = ("PART_BYTES", "STATE_SUFFIX", "State", "StateObject")

PART_BYTES = 8 * 1024 * 1024
STATE_SUFFIX = ".state"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far an upload is.

    Attributes:
        upload: Id of the multipart upload; None while everything fits into the tail.
        parts: How many parts of it count, each of ``PART_BYTES``.
        tail: The bytes behind them.
    """

    upload: str | None = None
    parts: int = 0
    tail: bytes = b""

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return self.parts * PART_BYTES + len(self.tail)


class StateObject:
    """The object that keeps the state, seen by one writer.

    S3 has no locks. A writer notices that another one was here because the object is not as it left
    it, and gives way.

    Args:
        bucket: Where it is.
        key: Of the upload.
    """

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key + STATE_SUFFIX
        self._seen: str | None = None

    async def load(self) -> State:
        """Reads it; an upload without one has no bytes yet."""
        try:
            answer = await self._bucket.call("head_object", Key=self._key)
        except Absent:
            self._seen = None
            return State()
        body = b"".join([chunk async for chunk in self._bucket.read(self._key)])
        self._seen = answer["ETag"]
        return msgspec.msgpack.decode(body, type=State)

    async def save(self, state: State) -> None:
        """Replaces it.

        Raises:
            UploadBusy: Another writer wrote since it was read.
        """
        try:
            found = (await self._bucket.call("head_object", Key=self._key))["ETag"]
        except Absent:
            found = None
            await self._bucket.require()
        if found != self._seen:
            raise UploadBusy
        body = msgspec.msgpack.encode(state)
        answer = await self._bucket.call("put_object", Key=self._key, Body=body)
        self._seen = answer["ETag"]

    @property
    def known(self) -> bool:
        """Whether this writer saw or wrote one."""
        return self._seen is not None

    async def remove(self) -> None:
        """Removes it; none is no error."""
        await self._bucket.call("delete_object", Key=self._key)
        self._seen = None
