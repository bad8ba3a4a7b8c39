from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.when import parse_when, show_time, show_time_exactly

NOW = datetime(2026, 11, 23, 14, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-12-01 09:00", "Europe/Berlin", "2026-12-01T08:00:00+00:00"),
        ("2026-12-01T09:00", "Europe/Berlin", "2026-12-01T08:00:00+00:00"),
        ("2027-07-01 09:00", "Europe/Berlin", "2027-07-01T07:00:00+00:00"),
        ("2026-12-01 09:00", "America/New_York", "2026-12-01T14:00:00+00:00"),
        ("2026-12-01 09:00", "Asia/Kolkata", "2026-12-01T03:30:00+00:00"),
        ("2026-12-01 09:00", "UTC", "2026-12-01T09:00:00+00:00"),
        ("2026-12-01T09:00:00+01:00", None, "2026-12-01T09:00:00+01:00"),
        ("2026-12-01T09:00:00Z", None, "2026-12-01T09:00:00+00:00"),
        ("2026-12-01 09:00-05:00", None, "2026-12-01T09:00:00-05:00"),
        ("in 10 min", None, "2026-11-23T14:10:30+00:00"),
        ("in 90s", None, "2026-11-23T14:02:00+00:00"),
        ("in 2 hours", None, "2026-11-23T16:00:30+00:00"),
        ("IN 1 Day", None, "2026-11-24T14:00:30+00:00"),
        ("in 1 w", None, "2026-11-30T14:00:30+00:00"),
        # Some seconds of the minute are over.
        ("2026-11-23 14:00", "UTC", "2026-11-23T14:00:00+00:00"),
        # Just before and just after the clocks change in Berlin.
        ("2027-03-28 01:59", "Europe/Berlin", "2027-03-28T00:59:00+00:00"),
        ("2027-03-28 03:00", "Europe/Berlin", "2027-03-28T01:00:00+00:00"),
        ("2027-10-31 01:59", "Europe/Berlin", "2027-10-30T23:59:00+00:00"),
        ("2027-10-31 03:00", "Europe/Berlin", "2027-10-31T02:00:00+00:00"),
    ],
)
def test_a_time_is_understood(text: str, zone: str | None, expected: str) -> None:
    assert parse_when(text, zone, now=NOW).isoformat() == expected


@pytest.mark.parametrize(
    ("text", "zone", "message", "hint"),
    [
        ("tomorrow", None, "is not a time", "in 10 min"),
        ("", "UTC", "is not a time", "--tz"),
        ("2026-13-01 09:00", "UTC", "is not a time", "--at"),
        ("2026-12-01", "UTC", "no time", "09:00"),
        ("2026-12-01 09:00", None, "which zone", "--tz"),
        ("2026-12-01T09:00:00+01:00", "Europe/Berlin", "offset already", "--tz"),
        ("in 10 min", "Europe/Berlin", "no zone", "--tz"),
        ("in 10 fortnights", None, "unit", "min"),
        ("in 999999 weeks", None, "ten years", "earlier"),
        ("2026-12-01 09:00", "Mars/Base", "not a zone", "continent"),
        ("2026-12-01 09:00", "europe/berlin", "not a zone", "Europe/Berlin"),
        ("2026-12-01 09:00", "Berlin", "not a zone", "Europe/Berlin"),
        ("2026-12-01 09:00", "Europe/Berln", "not a zone", "Europe/Berlin"),
        ("2026-12-01 09:00", "../../etc/passwd", "not a zone", ""),
        ("2026-12-01 09:00", "Europe", "not a zone", ""),
        ("2026-11-23 13:59", "UTC", "is past", "now"),
        ("2020-01-01T00:00:00Z", None, "is past", "now"),
        ("2099-01-01T00:00:00Z", None, "ten years", "earlier"),
        ("0001-01-01 00:00", "Asia/Tokyo", "", ""),
        ("9999-12-31 23:59", "America/New_York", "ten years", ""),
        ("2027-03-28 02:30", "Europe/Berlin", "There is no", "03:30"),
        ("2027-03-14 02:30", "America/New_York", "There is no", "03:30"),
        ("2027-10-31 02:30", "Europe/Berlin", "comes twice", "+02:00"),
        ("2027-11-07 01:30", "America/New_York", "comes twice", "-05:00"),
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_with_advice(
    text: str, zone: str | None, message: str, hint: str
) -> None:
    with pytest.raises(CliError) as caught:
        parse_when(text, zone, now=NOW)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.exit_code == ExitCode.USAGE


def test_the_advice_for_a_time_that_comes_twice_can_be_followed() -> None:
    with pytest.raises(CliError) as caught:
        parse_when("2027-10-31 02:30", "Europe/Berlin", now=NOW)
    first, second = (
        parse_when(one, None, now=NOW)
        for one in ("2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00")
    )
    assert "2027-10-31T02:30:00+02:00" in (caught.value.hint or "")
    assert "2027-10-31T02:30:00+01:00" in (caught.value.hint or "")
    assert second - first == timedelta(hours=1)


def test_a_past_time_is_told_in_its_own_zone() -> None:
    with pytest.raises(CliError) as caught:
        parse_when("2026-11-23T14:00:00+05:30", None, now=NOW)
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert f"{there:%Y-%m-%d %H:%M}" in caught.value.message


def test_absent_times_are_shown_as_nothing() -> None:
    assert show_time(None) == ""
    assert show_time_exactly(None) == ""
