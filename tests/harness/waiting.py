"""Waiting for a condition, with a bound and without sleeping for luck."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ("until",)

POLL_SECONDS = 0.02

_T = TypeVar("_T")


def until(what: Callable[[], _T | None], *, why: str, seconds: float = 30.0) -> _T:
    """Asks again and again until there is an answer.

    Args:
        what: Gives the answer, or None (or False) while there is none.
        why: What is waited for, for the message.
        seconds: How long at most.

    Raises:
        TimeoutError: There was none in time.
    """
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise TimeoutError(f"{why}: not within {seconds:g} s")
        time.sleep(POLL_SECONDS)
