"""Copies an object inside a bucket, without its bytes passing through this process."""

from __future__ import annotations

from contextlib import suppress

from mpcas2_core.errors import EngineError
from mpcas2_core.storage.s3_bucket import Bucket
from mpcas2_core.storage.s3_faults import Absent

__all__ = ("copy",)

# S3 copies 5 GB in one request at most; smaller requests end before a connection is given up.
AT_ONCE = 1024**3


async def copy(bucket: Bucket, source: str, target: str, size: int) -> None:
    """Copies an object.

    Args:
        bucket: Where both are.
        source: Key to read.
        target: Key to write; it is seen whole or not at all.
        size: Size of the source in bytes.
    """
    origin = {"Bucket": bucket.name, "Key": source}
    if size <= AT_ONCE:
        await bucket.call("copy_object", Key=target, CopySource=origin)
        return
    upload = (await bucket.call("create_multipart_upload", Key=target))["UploadId"]
    try:
        parts = []
        for number, start in enumerate(range(0, size, AT_ONCE), start=1):
            end = min(start + AT_ONCE, size) - 1
            answer = await bucket.call(
                "upload_part_copy",
                Key=target,
                UploadId=upload,
                PartNumber=number,
                CopySource=origin,
                CopySourceRange=f"bytes={start}-{end}",
            )
            parts.append({"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]})
        await bucket.call(
            "complete_multipart_upload",
            Key=target,
            UploadId=upload,
            MultipartUpload={"Parts": parts},
        )
    except BaseException:
        with suppress(EngineError, Absent):
            await bucket.call("abort_multipart_upload", Key=target, UploadId=upload)
        raise
