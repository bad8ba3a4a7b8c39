"""Figures of Pins and accounts, which grow with the network's clock."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from mpcas2_platform_pinterest.sandbox.pins import Pin
from mpcas2_sandbox.growth import figure

# What each figure of one Pin never exceeds.
_MOST = {
    "IMPRESSION": 20_000,
    "OUTBOUND_CLICK": 300,
    "PIN_CLICK": 900,
    "SAVE": 500,
    "TOTAL_COMMENTS": 40,
    "TOTAL_REACTIONS": 400,
    "USER_FOLLOW": 30,
    "PROFILE_VISIT": 120,
    "VIDEO_MRC_VIEW": 6_000,
    "VIDEO_START": 9_000,
    "VIDEO_10S_VIEW": 3_000,
    "QUARTILE_95_PERCENT_VIEW": 800,
    "VIDEO_V50_WATCH_TIME": 40_000_000,
}
_ENGAGEMENT = ("OUTBOUND_CLICK", "PIN_CLICK", "SAVE")
_SHARES = {
    "SAVE_RATE": ("SAVE",),
    "PIN_CLICK_RATE": ("PIN_CLICK",),
    "OUTBOUND_CLICK_RATE": ("OUTBOUND_CLICK",),
    "ENGAGEMENT_RATE": _ENGAGEMENT,
}
LIFETIME = ("TOTAL_COMMENTS", "TOTAL_REACTIONS")


def pin_total(pin: Pin, metric: str, now: datetime) -> int:
    """Returns how far a figure of a Pin has come by a moment."""
    return figure(f"{pin.id}:{metric}", pin.created_at, now, _MOST[metric])


def followers(pinner_id: str, since: datetime, now: datetime) -> int:
    """Returns how many follow an account."""
    return figure(f"{pinner_id}:followers", since, now, 4_000)


def monthly_views(pins: Sequence[Pin], now: datetime) -> int:
    """Returns how often Pins were seen in the last thirty days."""
    return _between(pins, "IMPRESSION", now - timedelta(days=30), now)


def on_days(
    pins: Sequence[Pin], metrics: Sequence[str], first: date, last: date, now: datetime
) -> dict[str, float]:
    """Returns figures of Pins together over some days.

    Args:
        pins: The Pins.
        metrics: The figures' names, rates included.
        first: The first day.
        last: The last day.
        now: The network's time; what lies behind it has not happened.
    """
    start = datetime.combine(first, time(), UTC)
    end = min(now, datetime.combine(last + timedelta(days=1), time(), UTC))
    return {one: _figure(pins, one, start, end) for one in metrics}


def _figure(pins: Sequence[Pin], metric: str, start: datetime, end: datetime) -> float:
    if metric == "ENGAGEMENT":
        return sum(_between(pins, one, start, end) for one in _ENGAGEMENT)
    if metric == "VIDEO_AVG_WATCH_TIME":
        views = _between(pins, "VIDEO_START", start, end)
        watched = _between(pins, "VIDEO_V50_WATCH_TIME", start, end)
        return round(watched / views, 2) if views else 0
    if metric in _SHARES:
        seen = _between(pins, "IMPRESSION", start, end)
        done = sum(_between(pins, one, start, end) for one in _SHARES[metric])
        return round(done / seen, 6) if seen else 0
    return _between(pins, metric, start, end)


def _between(pins: Sequence[Pin], metric: str, start: datetime, end: datetime) -> int:
    return sum(max(0, pin_total(one, metric, end) - pin_total(one, metric, start)) for one in pins)
