"""Chooses the store for media by the settings."""

from __future__ import annotations

from mpcas2_core.settings import Settings
from mpcas2_core.storage.local import LocalStorage
from mpcas2_core.storage.protocol import Storage
from mpcas2_core.storage.s3 import S3Storage
from mpcas2_core.storage.s3_bucket import Bucket

__all__ = ("make_storage",)


def make_storage(settings: Settings) -> Storage:
    """Makes the store; it is not reached before its first use.

    Args:
        settings: With ``media_store`` and what belongs to it; loading them made sure that a bucket
            is named where one is needed.
    """
    if settings.media_store == "local" or settings.s3_bucket is None:
        return LocalStorage(settings.home / "media")
    return S3Storage(
        Bucket(
            settings.s3_bucket,
            endpoint_url=settings.s3_endpoint_url,
            region=settings.s3_region,
            access_key_id=settings.s3_access_key_id,
            secret_access_key=settings.s3_secret_access_key,
            session_token=settings.s3_session_token,
        ),
        prefix=settings.s3_prefix,
        spool=settings.home / "spool",
    )
