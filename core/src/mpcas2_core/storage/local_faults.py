"""Says what a fault of the local file system means and what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mpcas2_core.errors import EngineError, StorageFull, StorageUnavailable

__all__ = ("told",)

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def told(root: Path) -> Iterator[None]:
    """Turns faults of the file system into words.

    Args:
        root: Folder of the store, to be named.

    Raises:
        StorageFull: There is no room left.
        StorageUnavailable: Anything else.
    """
    try:
        yield
    except EngineError:
        raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull(
                "The store for media has no room left. Free space or enlarge the disk, then "
                "send the file again."
            ) from error
        # str(error) would show paths inside the store, which are nobody's business.
        reason = os.strerror(error.errno) if error.errno else type(error).__name__
        raise StorageUnavailable(
            f"The store for media under {root} cannot be used ({reason}). Check that the folder "
            "is there, that its disk is mounted, and that the process may read and write it."
        ) from error
