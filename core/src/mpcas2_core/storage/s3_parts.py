"""Sends the parts of one multipart upload, two at a time, and puts them together."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any

from mpcas2_core.errors import TooLarge
from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_faults import Absent, nothing_vanishes
from mpcas2_core.storage.s3_state import PART_BYTES

__all__ = ("Parts",)

IN_FLIGHT = 2
# S3's own limit.
MOST_PARTS = 10_000


class Parts:
    """The parts of one file that comes in.

    Args:
        bucket: Where they go.
        key: Of the upload.
    """

    def __init__(self, bucket: Bucket, key: str) -> None:
        self._bucket = bucket
        self._key = key
        self.upload: str | None = None
        self.count = 0
        self._sent = 0
        self._sums: dict[int, dict[str, Any]] = {}
        self._flying: deque[asyncio.Task[dict[str, Any]]] = deque()
        self.gap = False

    async def begin(self) -> str:
        """Opens the multipart upload."""
        answer = await self._bucket.call(
            "create_multipart_upload", Key=self._key, ChecksumAlgorithm="CRC32"
        )
        self.upload = str(answer["UploadId"])
        return self.upload

    async def take_up(self, upload: str | None, count: int) -> None:
        """Goes on behind parts that were sent before; those behind them do not count.

        Raises:
            Absent: The multipart upload is gone.
        """
        if upload is not None:
            await self._bucket.call("list_parts", Key=self._key, UploadId=upload, MaxParts=1)
        self.upload, self.count, self._sent, self.gap = upload, count, count, False
        self._sums = {number: sums for number, sums in self._sums.items() if number <= count}

    async def room(self) -> None:
        """Waits until one more part may be sent."""
        while len(self._flying) >= IN_FLIGHT:
            await self._land()

    def send(self, part: bytes) -> None:
        """Begins to send the next part; after :meth:`room`.

        Raises:
            TooLarge: There are too many parts.
        """
        # One is left for the end of the file.
        if self._sent >= MOST_PARTS - 1:
            raise TooLarge(
                f"The file is larger than {MOST_PARTS * PART_BYTES // 1024**3} GiB, which is what "
                "the media store takes."
            )
        self._sent += 1
        self._flying.append(
            asyncio.create_task(
                self._bucket.call(
                    "upload_part",
                    Key=self._key,
                    UploadId=self.upload,
                    PartNumber=self._sent,
                    Body=part,
                )
            )
        )

    async def settle(self) -> Exception | None:
        """Waits for every part that is being sent.

        Returns:
            The first fault. The parts before it count.
        """
        first: Exception | None = None
        while self._flying:
            try:
                await self._land()
            except Exception as error:  # noqa: BLE001 - handed to the caller, who raises it
                first = first or error
        return first

    async def complete(self, tail: bytes) -> None:
        """Puts the parts and the end of the file together into one object.

        Args:
            tail: The bytes behind the last part that counts; it does not count itself, so that this
                may be done again after a fault.

        Raises:
            Absent: The multipart upload is gone: put together already, or removed.
        """
        wanted = range(1, self.count + 1)
        if any(number not in self._sums for number in wanted):
            pages = self._bucket.pages("list_parts", Key=self._key, UploadId=self.upload)
            async for page in pages:
                for part in page.get("Parts", ()):
                    # What this writer sent itself it knows; a part that another one put in its
                    # place is then refused by the store.
                    self._sums.setdefault(part["PartNumber"], _sums(part))
        parts = [
            {"PartNumber": number, **self._sums[number]}
            for number in wanted
            if number in self._sums
        ]
        if len(parts) < self.count:
            raise Absent(self._key)
        if tail:
            last = await self._bucket.call(
                "upload_part",
                Key=self._key,
                UploadId=self.upload,
                PartNumber=self.count + 1,
                Body=tail,
            )
            parts.append({"PartNumber": self.count + 1, **_sums(last)})
        await self._bucket.call(
            "complete_multipart_upload",
            Key=self._key,
            UploadId=self.upload,
            MultipartUpload={"Parts": parts},
        )

    async def abort(self) -> None:
        """Removes every part, and every other multipart upload of this file."""
        pages = self._bucket.pages("list_multipart_uploads", Prefix=self._key)
        found = {
            entry["UploadId"]
            async for page in pages
            for entry in page.get("Uploads", ())
            if entry["Key"] == self._key
        }
        if self.upload is not None:
            found.add(self.upload)
        for upload in found:
            with suppress(Absent):
                await self._bucket.call("abort_multipart_upload", Key=self._key, UploadId=upload)
        self.upload = None

    async def _land(self) -> None:
        # Shielded: a cancelled caller leaves the part in the queue, for settle to wait for.
        task = self._flying[0]
        try:
            with nothing_vanishes():
                answer = await asyncio.shield(task)
        except asyncio.CancelledError:
            raise
        except Exception:
            self._flying.popleft()
            self.gap = True
            raise
        self._flying.popleft()
        if not self.gap:
            self.count += 1
            self._sums[self.count] = _sums(answer)


def _sums(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in ("ETag", "ChecksumCRC32") if answer.get(name)}
