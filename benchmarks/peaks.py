"""Tells how far the memory of processes rose between two moments, by the kernel's own peak (Linux)."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

__all__ = ("PeakMeter",)

PAUSE_SECONDS = 0.02
# Sets a process's peak back to what it has now: proc_pid_clear_refs(5).
RESET_PEAK = "5"
MIB = 1024 * 1024


class PeakMeter:
    """Peaks of named process trees during a ``with`` block.

    A process that was there before counts with its peak (VmHWM) less what it had at the start
    (VmRSS). One that came later, such as the probe of a file, counts by itself with its whole peak,
    as it was last seen.

    Args:
        roots: The root of each tree by its name.
    """

    def __init__(self, roots: Mapping[str, psutil.Process]) -> None:
        self._roots = dict(roots)
        self._before: dict[int, int] = {}
        self._peaks: dict[str, dict[int, int]] = {name: {} for name in roots}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peaks", daemon=True)

    def __enter__(self) -> Self:
        for pid in {pid for root in self._roots.values() for pid in _tree(root)}:
            Path(f"/proc/{pid}/clear_refs").write_text(RESET_PEAK)
            self._before[pid] = _status(pid, "VmRSS")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    def growth(self) -> dict[str, float]:
        """Gives MiB by name: the process of a tree that rose most, and the greatest newcomer."""
        told: dict[str, float] = {}
        for name, peaks in self._peaks.items():
            old = [peak - self._before[pid] for pid, peak in peaks.items() if pid in self._before]
            new = [peak for pid, peak in peaks.items() if pid not in self._before]
            told[name] = max(old, default=0) / MIB
            if new:
                told[f"{name}'s short-lived child, whole"] = max(new) / MIB
        return told

    def _watch(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            self._look()

    def _look(self) -> None:
        for name, root in self._roots.items():
            for pid in _tree(root):
                with contextlib.suppress(OSError, KeyError):
                    self._peaks[name][pid] = _status(pid, "VmHWM")


def _tree(root: psutil.Process) -> list[int]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return [root.pid, *(child.pid for child in root.children(recursive=True))]
    return []


def _status(pid: int, field: str) -> int:
    """Reads one line of a process's status, in bytes.

    Raises:
        OSError: There is no such process.
        KeyError: It has no memory any more.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    raise KeyError(field)
