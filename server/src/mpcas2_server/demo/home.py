"""The folder in which one demonstration keeps everything, and which goes with it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

__all__ = ("DemoHome",)

_PREFIX = "mpcas2-demo-"


class DemoHome:
    """A fresh home for one run.

    Args:
        path: The folder, made for this run alone.
        parent_is_ours: Whether the folder around it was made for it as well.
    """

    def __init__(self, path: Path, *, parent_is_ours: bool = False) -> None:
        self.path = path
        self.logs = path / "logs"
        self.logs.mkdir(mode=0o700)
        self._parent_is_ours = parent_is_ours

    @classmethod
    def make(cls, environ: Mapping[str, str]) -> DemoHome:
        """Makes the folder: inside MPCAS2_HOME if that is set, else among the temporary files.

        Args:
            environ: Where MPCAS2_HOME is read.

        Raises:
            OSError: It cannot be made.
        """
        # Root's servers run as another user, who has to pass through to the data.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        given = environ.get("MPCAS2_HOME")
        parent = Path(given).expanduser().absolute() if given else Path(tempfile.gettempdir())
        new = not parent.exists()
        parent.mkdir(mode=mode, parents=True, exist_ok=True)
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        path.chmod(mode)
        return cls(path, parent_is_ours=new)

    def remove(self, *, but_logs: bool = False) -> None:
        """Deletes the folder and the data that its servers kept elsewhere.

        Args:
            but_logs: Leave the logs where they are.
        """
        for link in (self.path / "postgres", self.path / "valkey"):
            # Where root's servers could not enter the home, it holds links to their folder.
            if link.is_symlink():
                shutil.rmtree(link.resolve().parent, ignore_errors=True)
        if not but_logs:
            shutil.rmtree(self.path, ignore_errors=True)
            if self._parent_is_ours and not any(self.path.parent.iterdir()):
                self.path.parent.rmdir()
            return
        for entry in self.path.iterdir():
            if entry == self.logs:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
