"""Where media files lie: a small protocol, and local folders as its first form."""

from mpcas2_core.storage.local import LocalStorage
from mpcas2_core.storage.protocol import Storage, StorageWriter, Stored, StoredFileMissing

__all__ = ("LocalStorage", "Storage", "StorageWriter", "Stored", "StoredFileMissing")
