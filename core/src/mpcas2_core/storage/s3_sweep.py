"""Removes from a bucket what uploads left that nobody went on with."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_faults import Absent
from mpcas2_core.storage.s3_state import STATE_SUFFIX

__all__ = ("INCOMING", "remove_abandoned")

INCOMING = "incoming"
_TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/")


async def remove_abandoned(bucket: Bucket, prefix: str, older_than: float) -> int:
    """Removes multipart uploads and objects of uploads that nobody touched for a while.

    Args:
        bucket: Where they are.
        prefix: What every key of ours begins with.
        older_than: For how many seconds.

    Returns:
        How many uploads there were.
    """
    before = datetime.now(UTC) - timedelta(seconds=older_than)
    removed: set[str] = set()
    touched: set[str] = set()
    async for tenant in _tenants(bucket, prefix):
        async for page in bucket.pages("list_objects_v2", Prefix=f"{tenant}{INCOMING}/"):
            for entry in page.get("Contents", ()):
                upload = entry["Key"].removesuffix(STATE_SUFFIX)
                if entry["LastModified"] > before:
                    touched.add(upload)
                else:
                    await bucket.call("delete_object", Key=entry["Key"])
                    removed.add(upload)
    async for page in bucket.pages("list_multipart_uploads", Prefix=prefix):
        for entry in page.get("Uploads", ()):
            key = entry["Key"]
            # One that began long ago may have been gone on with a minute ago: its state says so.
            if not _is_ours(key, prefix) or key in touched or entry["Initiated"] > before:
                continue
            with suppress(Absent):
                await bucket.call("abort_multipart_upload", Key=key, UploadId=entry["UploadId"])
            removed.add(key)
    return len(removed)


async def _tenants(bucket: Bucket, prefix: str) -> AsyncIterator[str]:
    async for page in bucket.pages("list_objects_v2", Prefix=prefix, Delimiter="/"):
        for entry in page.get("CommonPrefixes", ()):
            if _is_ours(entry["Prefix"], prefix):
                yield entry["Prefix"]


def _is_ours(key: str, prefix: str) -> bool:
    # The bucket may be shared with other programs.
    return _TENANT.match(key.removeprefix(prefix)) is not None
