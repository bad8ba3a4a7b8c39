"""Says what a fault of an S3 store means and what to do.

Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and those that MinIO
and Ceph add for a store that is full.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mpcas2_core.errors import StorageFull, StorageUnavailable
from mpcas2_core.masking import mask_url

__all__ = ("Absent", "OutOfRange", "in_words", "nothing_vanishes")

_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
_NO_ROOM = frozenset(
    {
        "507",
        "InsufficientStorage",
        "QuotaExceeded",
        "StorageFull",
        "XMinioAdminBucketQuotaExceeded",
        "XMinioStorageFull",
    }
)
_REFUSED = frozenset(
    {
        "401",
        "403",
        "AccessDenied",
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "Forbidden",
        "InvalidAccessKeyId",
        "InvalidToken",
        "SignatureDoesNotMatch",
    }
)
_ELSEWHERE = frozenset({"301", "307", "PermanentRedirect", "TemporaryRedirect"})
_NAMES = "MPCAS2_S3_ACCESS_KEY_ID and MPCAS2_S3_SECRET_ACCESS_KEY"


class Absent(Exception):
    """The object or the multipart upload is not there."""


class OutOfRange(Exception):
    """The asked part lies behind the end of the object."""


@contextmanager
def nothing_vanishes() -> Iterator[None]:
    """Says what it means when something is not there that was put there before.

    Raises:
        StorageUnavailable: It is not.
    """
    try:
        yield
    except Absent as error:
        raise StorageUnavailable(
            "What was received so far vanished from the media store. Check that no rule of the "
            "bucket removes uploads, then send the file again from the start."
        ) from error


def in_words(error: Exception, bucket: str, endpoint: str | None) -> Exception:
    """Gives what to raise for a fault of boto3.

    Args:
        error: As it was raised.
        bucket: Name of the bucket.
        endpoint: Address of the store; None for Amazon's.

    Returns:
        StorageFull or StorageUnavailable; Absent or OutOfRange for the caller to understand; the
        error itself where it is no fault of the store.
    """
    from botocore import exceptions  # noqa: PLC0415 - botocore takes a second to import

    place = mask_url(endpoint) if endpoint else "Amazon S3"
    if isinstance(error, exceptions.ClientError):
        return _answered(error.response, bucket, place)
    if isinstance(error, (exceptions.NoCredentialsError, exceptions.PartialCredentialsError)):
        return StorageUnavailable(f"There are no credentials for the media store. Set {_NAMES}.")
    if isinstance(error, exceptions.ParamValidationError):
        return StorageUnavailable(
            f"The media store cannot be asked for bucket {bucket}. Check MPCAS2_S3_BUCKET."
        )
    if isinstance(error, (exceptions.BotoCoreError, OSError)):
        return StorageUnavailable(
            f"The media store at {place} does not answer ({type(error).__name__}). Check that it "
            "runs, and the network; where it is not Amazon's, check MPCAS2_S3_ENDPOINT_URL."
        )
    return error


def _answered(response: dict[str, dict[str, object]], bucket: str, place: str) -> Exception:
    code = str(response.get("Error", {}).get("Code", ""))
    status = str(response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
    if code in _ABSENT:
        return Absent(code)
    if code in {"InvalidRange", "416"}:
        return OutOfRange(code)
    if code in _NO_ROOM or status == "507":
        return StorageFull(
            f"The media store at {place} has no room left. Free space there or raise its quota, "
            "then send the file again."
        )
    if code == "NoSuchBucket":
        return StorageUnavailable(
            f"There is no bucket {bucket} at {place}. Make it, or correct MPCAS2_S3_BUCKET."
        )
    if code == "RequestTimeTooSkewed":
        return StorageUnavailable(
            f"The media store at {place} refuses requests because the clocks differ. Set the clock "
            "of this machine."
        )
    if code in _ELSEWHERE:
        return StorageUnavailable(
            f"Bucket {bucket} lies in another region. Correct MPCAS2_S3_REGION."
        )
    if code in _REFUSED or status in {"401", "403"}:
        return StorageUnavailable(
            f"The media store at {place} refuses the credentials for bucket {bucket} ({code}). "
            f"Check {_NAMES}, and that they may list, read, write and delete."
        )
    return StorageUnavailable(
        f"The media store at {place} answered with an error ({code or status}). Look into its logs, "
        "or try again later."
    )
