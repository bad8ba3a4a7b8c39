"""Figures that grow with the network's clock and are the same in every run."""

import hashlib
from datetime import datetime

_HALF_SECONDS = 6 * 3600.0
_LEAST_SHARE = 0.25


def figure(seed: str, since: datetime, now: datetime, most: int) -> int:
    """Returns how far a figure has come; it never shrinks while time goes on.

    It is 0 at the beginning, half of its end after six hours, and comes close to an end of its own,
    between a quarter of ``most`` and ``most``, in the weeks after.

    Args:
        seed: What is counted, of what: ``f"{post.id}:likes"``. The same seed gives the same figure.
        since: When counting began.
        now: By when it is counted; before ``since`` the figure is 0.
        most: What the figure never exceeds.
    """
    seconds = max(0.0, (now - since).total_seconds())
    digest = hashlib.sha256(seed.encode()).digest()
    share = int.from_bytes(digest[:4], "big") / 0xFFFFFFFF
    end = most * (_LEAST_SHARE + (1 - _LEAST_SHARE) * share)
    return int(end * seconds / (seconds + _HALF_SECONDS))
