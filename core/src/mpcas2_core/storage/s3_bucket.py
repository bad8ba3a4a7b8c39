"""One S3 bucket: calls in threads, faults in words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from mpcas2_core.storage.s3_faults import Absent, OutOfRange, in_words
from mpcas2_core.storage.steps import to_the_end

__all__ = ("Bucket",)

_T = TypeVar("_T")

CHUNK = 256 * 1024
PARALLEL = 16
CONNECT_SECONDS = 5
# A store that copies gigabytes may say nothing for a while.
READ_SECONDS = 60
ATTEMPTS = 3


class Bucket:
    """A bucket on Amazon S3 or on a store that speaks its protocol.

    Connects with the first call; boto3 takes seconds to import and is not needed before.

    Args:
        name: Name of the bucket, which exists already.
        endpoint_url: Address of the store, with addresses of the form ``<url>/<bucket>/<key>``;
            None for Amazon's.
        region: Its region; Amazon's first one by default.
        access_key_id: Who asks; None to find credentials like every AWS tool does, for example from
            the role of the machine.
        secret_access_key: The secret belonging to it.
        session_token: For credentials that pass.
    """

    def __init__(
        self,
        name: str,
        *,
        endpoint_url: str | None = None,
        region: str | None = None,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
        session_token: str | None = None,
    ) -> None:
        self.name = name
        self._endpoint_url = endpoint_url
        self._options = {
            "endpoint_url": endpoint_url,
            "region_name": region or "us-east-1",
            "aws_access_key_id": access_key_id,
            "aws_secret_access_key": secret_access_key,
            "aws_session_token": session_token,
        }
        self._client: Any = None
        self._lock = Lock()
        self._executor = ThreadPoolExecutor(PARALLEL, thread_name_prefix="s3")

    async def call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Calls an operation of boto3's client on this bucket.

        A cancelled caller waits for the answer first: the store must not be changed by a call
        that nobody knows of any more.

        Args:
            operation: As boto3 calls it, for example ``head_object``.
            **arguments: Of the operation; the bucket is added.

        Raises:
            Absent: The object or upload is not there.
            OutOfRange: The asked range is not.
            StorageFull: There is no room left.
            StorageUnavailable: The store cannot be reached, or refuses.
        """

        def work() -> dict[str, Any]:
            answer: dict[str, Any] = getattr(self._connected(), operation)(
                Bucket=self.name, **arguments
            )
            return answer

        return await to_the_end(self._submit(work))

    async def pages(self, operation: str, **arguments: Any) -> AsyncIterator[dict[str, Any]]:
        """Goes through the pages of a listing of boto3's client."""
        pages = await self._submit(
            lambda: iter(
                self._connected().get_paginator(operation).paginate(Bucket=self.name, **arguments)
            )
        )
        while (page := await self._submit(lambda: next(pages, None))) is not None:
            yield page

    async def size(self, key: str) -> int:
        """Gives the size of an object in bytes.

        Raises:
            Absent: There is none.
        """
        try:
            answer = await self.call("head_object", Key=key)
        except Absent:
            # The answer to HEAD has no body: it does not say whether key or bucket is missing.
            await self.require()
            raise
        return int(answer["ContentLength"])

    async def read(
        self, key: str, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        """Reads an object, or a part of it, in chunks of 256 KiB.

        Raises:
            Absent: There is none; raised by the first step of the iteration.
        """
        asked: dict[str, str] = {}
        if start or length is not None:
            end = "" if length is None else str(start + length - 1)
            asked["Range"] = f"bytes={start}-{end}"
        try:
            body = (await self.call("get_object", Key=key, **asked))["Body"]
        except OutOfRange:
            return
        try:
            while chunk := await self._submit(lambda: body.read(CHUNK)):
                yield chunk
        finally:
            body.close()

    async def require(self) -> None:
        """Makes sure that the bucket is there.

        Raises:
            StorageUnavailable: It is not, or cannot be reached.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see s3_faults

        try:
            await self.call("head_bucket")
        except Absent:
            gone = ClientError({"Error": {"Code": "NoSuchBucket"}}, "HeadBucket")
            raise in_words(gone, self.name, self._endpoint_url) from None

    def _submit(self, work: Callable[[], _T]) -> asyncio.Future[_T]:
        def told() -> _T:
            try:
                return work()
            except Exception as error:
                fault = in_words(error, self.name, self._endpoint_url)
                if fault is error:
                    raise
                raise fault from error

        return asyncio.get_running_loop().run_in_executor(self._executor, told)

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                import boto3  # noqa: PLC0415 - takes seconds
                from botocore.config import Config  # noqa: PLC0415 - the same

                self._client = boto3.session.Session().client(
                    "s3",
                    config=Config(
                        connect_timeout=CONNECT_SECONDS,
                        read_timeout=READ_SECONDS,
                        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                        max_pool_connections=PARALLEL,
                        # Several stores tell the checksum of the parts' checksums as if it were
                        # that of the object.
                        response_checksum_validation="when_required",
                        s3={"addressing_style": "path" if self._endpoint_url else "auto"},
                    ),
                    **self._options,
                )
            return self._client
