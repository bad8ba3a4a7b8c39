"""Remembers which upload a file belongs to, so that the same command goes on where it was stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

__all__ = ("UploadNotes",)


class UploadNotes:
    """One small file for each upload that is under way, in a folder of this user's.

    Args:
        folder: Where they are; made with the first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, server: str, who: str, path: Path, fields: Mapping[str, Any]) -> str:
        """Names an upload by what must be the same for it to be resumed.

        A file that was changed meanwhile, another user or another title make it another upload.

        Args:
            server: Address of the server.
            who: The user.
            path: The file.
            fields: What the content is to be.
        """
        facts = path.stat()
        same = [server, who, str(path.resolve()), facts.st_size, facts.st_mtime_ns, dict(fields)]
        return hashlib.sha256(msgspec.json.encode(same, order="deterministic")).hexdigest()[:32]

    def find(self, key: str) -> str | None:
        """Gives the id of the upload; None when there is none."""
        try:
            found = msgspec.json.decode((self._folder / f"{key}.json").read_bytes(), type=str)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        return found

    def keep(self, key: str, upload_id: str) -> None:
        """Remembers an upload."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._folder / f"{key}.json").write_bytes(msgspec.json.encode(upload_id))

    def forget(self, key: str) -> None:
        """Forgets an upload that ended."""
        (self._folder / f"{key}.json").unlink(missing_ok=True)
