"""Asking a running ``mpcas2 up`` to renew its API and workers, and waiting until it has."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from mpcas2_core.servers.home import is_locked

__all__ = ("RunningNote", "ask_to_renew", "wait_until_renewed")

_FILE = "up.json"
_POLL_SECONDS = 0.1


class _Running(msgspec.Struct, frozen=True, kw_only=True):
    pid: int
    renewals: int = 0
    complete: bool = True


class RunningNote:
    """The file in which ``mpcas2 up`` says who it is, for the length of a ``with`` block.

    It counts only while that process holds the home's lock: what a killed one left behind is no
    address for a signal.

    Args:
        home: The installation's home folder.
    """

    def __init__(self, home: Path) -> None:
        self._file = home / _FILE
        self._running = _Running(pid=os.getpid())

    def count(self, complete: bool) -> None:
        """Writes down that there was one more renewal, and whether it renewed everything."""
        self._running = _Running(
            pid=os.getpid(), renewals=self._running.renewals + 1, complete=complete
        )
        self._write()

    def __enter__(self) -> Self:
        """Writes the file."""
        self._write()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Removes the file."""
        self._file.unlink(missing_ok=True)

    def _write(self) -> None:
        staged = self._file.with_suffix(".new")
        staged.write_bytes(msgspec.json.encode(self._running))
        staged.replace(self._file)


def ask_to_renew(home: Path) -> int | None:
    """Asks the ``mpcas2 up`` of a home to renew its parts.

    Args:
        home: The installation's home folder.

    Returns:
        How often it has renewed them before, for :func:`wait_until_renewed`; None when none runs.

    Raises:
        ServerError: It belongs to another user.
    """
    running = _read(home)
    if running is None:
        return None
    os.kill(running.pid, signal.SIGHUP)
    return running.renewals


def wait_until_renewed(home: Path, before: int, *, seconds: float) -> bool:
    """Waits until everything was renewed.

    Args:
        home: The installation's home folder.
        before: From :func:`ask_to_renew`.
        seconds: How long at most.

    Returns:
        False when something was not renewed, or not in time, or the process has ended.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        running = _read(home)
        if running is None:
            return False
        if running.renewals > before:
            return running.complete
        time.sleep(_POLL_SECONDS)
    return False


def _read(home: Path) -> _Running | None:
    try:
        running = msgspec.json.decode((home / _FILE).read_bytes(), type=_Running)
        holder = (home / "lock").read_text().strip()
    except (OSError, msgspec.MsgspecError):
        return None
    # Both name the same process, and it lives: nobody else's is sent a signal.
    return running if holder == str(running.pid) and is_locked(home) else None
