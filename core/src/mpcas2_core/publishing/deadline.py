"""A deadline that a process keeps even when it, or the whole machine, slept."""

from __future__ import annotations

import time

__all__ = ("Deadline",)


class Deadline:
    """So many seconds from now, by two clocks.

    The monotonic clock stands still while a machine is suspended, the wall clock can be set: whichever
    has run further counts.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._monotonic, self._wall = time.monotonic(), time.time()

    def left(self) -> float:
        """Gives the seconds that are left; negative ones once it has passed."""
        gone = max(time.monotonic() - self._monotonic, time.time() - self._wall)
        return self._seconds - gone
