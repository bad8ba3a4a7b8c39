"""Where media files lie: one protocol over local folders and S3 buckets."""

from mpcas2_core.storage.choice import make_storage
from mpcas2_core.storage.local import LocalStorage
from mpcas2_core.storage.protocol import (
    Storage,
    StorageWriter,
    Stored,
    StoredFileMissing,
    UploadBusy,
)
from mpcas2_core.storage.s3 import S3Storage

__all__ = (
    "LocalStorage",
    "S3Storage",
    "Storage",
    "StorageWriter",
    "Stored",
    "StoredFileMissing",
    "UploadBusy",
    "make_storage",
)
