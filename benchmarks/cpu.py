"""Counts the CPU time that processes and their children use between two moments."""

from __future__ import annotations

import time
from collections.abc import Mapping

import psutil


class CpuMeter:
    """CPU time of named process trees from the making of the meter on.

    Args:
        processes: The root of each tree by its name.
    """

    def __init__(self, processes: Mapping[str, psutil.Process]) -> None:
        self._processes = dict(processes)
        self._before = {name: _seconds(one) for name, one in self._processes.items()}
        self._started = time.monotonic()

    def seconds(self) -> dict[str, float]:
        """Gives the CPU seconds that each tree used; they hardly depend on what else runs."""
        return {name: _seconds(one) - self._before[name] for name, one in self._processes.items()}

    def shares(self) -> dict[str, float]:
        """Gives the cores that each tree kept busy on average; 1.0 is one core."""
        elapsed = time.monotonic() - self._started
        return {name: used / elapsed for name, used in self.seconds().items()}


def _seconds(root: psutil.Process) -> float:
    own = root.cpu_times()
    # Children that ended are counted with their parent.
    total = own.user + own.system + own.children_user + own.children_system
    for child in root.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return float(total)
