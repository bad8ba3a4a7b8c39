"""Reads the time that a person gives with ``--at`` and ``--tz``, and shows times in the local zone."""

from __future__ import annotations

import difflib
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from mpcas2_server.cli.failures import CliError, ExitCode

__all__ = ("parse_when", "show_time", "show_time_exactly")

_UNITS = {
    "s": "seconds",
    "sec": "seconds",
    "second": "seconds",
    "m": "minutes",
    "min": "minutes",
    "minute": "minutes",
    "h": "hours",
    "hour": "hours",
    "d": "days",
    "day": "days",
    "w": "weeks",
    "week": "weeks",
}
_RELATIVE = re.compile(r"in\s+(\d{1,6})\s*([a-z]+?)s?", re.IGNORECASE)
# A time given to the minute is still meant when some of its seconds are over.
_PAST_TOLERANCE = timedelta(seconds=60)
_FARTHEST = timedelta(days=3660)


def parse_when(text: str, zone: str | None, *, now: datetime) -> datetime:
    """Gives the moment that a person means.

    Args:
        text: ``2026-12-01 09:00`` with a zone, ``2026-12-01T09:00:00+01:00``, or ``in 10 min``.
        zone: Name of a zone such as ``Europe/Berlin``; only for a time without an offset.
        now: The present moment, with its offset.

    Returns:
        The moment in UTC, or with the offset that was given.

    Raises:
        CliError: The text is no time, lacks a zone, is past or too far away, or the clock of the
            zone shows that time twice or never.
    """
    text = text.strip()
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        if zone is not None:
            raise _wrong(f"--at {text!r} needs no zone.", "Leave --tz out.")
        return _checked(_after(now, text, relative), text, now)
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(
            f"--at {text!r} is not a time.",
            'Write it as --at "2026-12-01 09:00" --tz Europe/Berlin, as '
            '--at 2026-12-01T09:00:00+01:00, or as --at "in 10 min".',
        ) from None
    if len(text) <= len("2026-12-01"):
        raise _wrong(f"--at {text!r} names a day and no time.", f'Write --at "{text} 09:00".')
    if given.tzinfo is not None:
        if zone is not None:
            raise _wrong(f"--at {text!r} has its offset already.", "Leave --tz out.")
        return _checked(given, text, now)
    if zone is None:
        raise _wrong(
            f"--at {text!r} does not say in which zone.",
            "Add --tz with a zone such as Europe/Berlin, or an offset such as +01:00.",
        )
    return _checked(_in_zone(given, zone, text), text, now)


def show_time(value: str | None) -> str:
    """Shows a moment to the minute in the local zone; empty for none."""
    if not value:
        return ""
    return datetime.fromisoformat(value).astimezone().strftime("%Y-%m-%d %H:%M")


def show_time_exactly(value: str | None) -> str:
    """Shows a moment to the second in the local zone with its name; empty for none."""
    if not value:
        return ""
    return datetime.fromisoformat(value).astimezone().strftime("%a %d %b %Y %H:%M:%S %Z")


def _after(now: datetime, text: str, relative: re.Match[str]) -> datetime:
    unit = _UNITS.get(relative[2].lower())
    if unit is None:
        raise _wrong(
            f"--at {text!r}: {relative[2]!r} is not a unit of time.",
            'Use s, min, h, d or w, as in "in 10 min".',
        )
    try:
        return now + timedelta(**{unit: int(relative[1])})
    except OverflowError:
        raise _too_far(text) from None


def _in_zone(given: datetime, zone: str, text: str) -> datetime:
    place = _zone(zone)
    first, second = (given.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        shown = f"{given:%Y-%m-%d %H:%M}"
        # In a gap the way to UTC and back does not lead to the same clock time.
        if first.astimezone(UTC).astimezone(place).replace(tzinfo=None) != given:
            raise _wrong(
                f"There is no {shown} in {zone}: the clocks are put forward over it.",
                f"Did you mean {_after_gap(first)}?",
            )
        raise _wrong(
            f"{shown} comes twice in {zone}: the clocks are put back.",
            f"Say which: --at {first.isoformat()} is the first, --at {second.isoformat()} the "
            "second; leave --tz out.",
        )
    try:
        return first.astimezone(UTC)
    except OverflowError:
        raise _too_far(text) from None


def _zone(name: str) -> ZoneInfo:
    names = available_timezones()
    # Only names of the list are opened: ZoneInfo would try any path, folders included.
    if name in names:
        return ZoneInfo(name)
    ends = {one.rpartition("/")[2].lower(): one for one in sorted(names)}
    close = difflib.get_close_matches(name, names, n=2, cutoff=0.75)
    by_city = ends.get(name.rpartition("/")[2].lower().replace(" ", "_"))
    meant = list(dict.fromkeys([*([by_city] if by_city else []), *close]))
    raise _wrong(
        f"--tz {name!r} is not a zone.",
        f"Did you mean {' or '.join(meant)}?"
        if meant
        else "Zones are named by continent and city, such as Europe/Berlin or America/New_York.",
    )


def _checked(moment: datetime, text: str, now: datetime) -> datetime:
    try:
        ahead = moment - now
    except OverflowError:
        raise _too_far(text) from None
    if ahead < -_PAST_TOLERANCE:
        raise CliError(
            f"--at {text!r} is past: it is {now.astimezone(moment.tzinfo):%Y-%m-%d %H:%M %Z} now.",
            hint="Choose a time to come, or leave --at out to post now.",
            exit_code=ExitCode.USAGE,
            code="SCHEDULE_IN_PAST",
        )
    if ahead > _FARTHEST:
        raise _too_far(text)
    return moment


def _after_gap(moment: datetime) -> str:
    # Read with the offset before the change, a time inside the gap lies as much after it.
    return f"{moment.astimezone(UTC).astimezone(moment.tzinfo):%H:%M}"


def _too_far(text: str) -> CliError:
    return _wrong(f"--at {text!r} is more than ten years away.", "Choose an earlier time.")


def _wrong(message: str, hint: str) -> CliError:
    return CliError(message, hint=hint, exit_code=ExitCode.USAGE, code="TIME_INVALID")
