"""How long and how often passing faults of a network are waited for."""

from __future__ import annotations

import random

import msgspec

__all__ = ("Patience",)


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often passing faults are waited for."""

    first: float
    longest: float
    max_failures: int

    def pause(self, failures: int) -> float:
        """Gives the seconds to wait after so many faults in a row, doubling and uneven."""
        full: float = min(self.longest, self.first * 2 ** max(0, failures - 1))
        return full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing
