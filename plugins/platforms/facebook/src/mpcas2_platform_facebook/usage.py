"""Reads from the headers of an answer how much of its calls a Page has used.

Source: https://developers.facebook.com/docs/graph-api/overview/rate-limiting. Both headers tell per cent;
only the one of business use cases tells, in minutes, when a Page that was stopped may go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from mpcas2_hookspecs import QuotaReading, QuotaRule

__all__ = ("CALLS", "CALLS_RULE", "reading_of", "wait_seconds")

CALLS = "calls"
_WHOLE = 100
CALLS_RULE = QuotaRule(
    name=CALLS,
    title="per cent of the Page's calls",
    per="account",
    limit=_WHOLE,
    window=3600,
    per_part=0,
)
_HEADER = "x-business-use-case-usage"


class _Use(msgspec.Struct, frozen=True):
    call_count: float = 0
    total_cputime: float = 0
    total_time: float = 0
    estimated_time_to_regain_access: float = 0


def reading_of(headers: Mapping[str, str], now: datetime) -> QuotaReading | None:
    """Gives how much of its calls the Page has left; None when the answer does not say.

    Args:
        headers: The answer's.
        now: Aware time.
    """
    uses = _uses(headers)
    if not uses:
        return None
    worst = max(max(one.call_count, one.total_cputime, one.total_time) for one in uses)
    waits = wait_seconds(headers)
    return QuotaReading(
        name=CALLS,
        remaining=0 if waits else max(0, int(_WHOLE - worst)),
        limit=_WHOLE,
        resets_at=now + timedelta(seconds=waits) if waits else None,
    )


def wait_seconds(headers: Mapping[str, str]) -> float | None:
    """Gives the seconds until the Page may go on; None when it was not stopped."""
    minutes = max((one.estimated_time_to_regain_access for one in _uses(headers)), default=0)
    return minutes * 60.0 if minutes > 0 else None


def _uses(headers: Mapping[str, str]) -> list[_Use]:
    try:
        told = msgspec.json.decode(headers.get(_HEADER, "{}"), type=dict[str, list[_Use]])
    except msgspec.MsgspecError:
        return []
    return [use for uses in told.values() for use in uses]
