"""Record keys that carry a time: TIDs.

Source: https://atproto.com/specs/tid. A TID is a 64-bit number in thirteen characters: a zero bit,
53 bits of microseconds since 1970 and 10 bits of clock id, in an alphabet that sorts like numbers.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

__all__ = ("new_tid",)

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_LENGTH = 13
_CLOCK_BITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_tid(now: datetime) -> str:
    """Makes a record key that sorts by time.

    Args:
        now: Aware time; two calls with different times give keys that sort in the same order.

    Returns:
        Thirteen characters. The random clock id keeps apart what was made in one microsecond.
    """
    microseconds = (now - _EPOCH) // timedelta(microseconds=1)
    number = microseconds << _CLOCK_BITS | secrets.randbelow(1 << _CLOCK_BITS)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
