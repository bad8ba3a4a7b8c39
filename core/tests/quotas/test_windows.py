"""A day of a quota is a day of its zone, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mpcas2_core.quotas.windows import window_end
from mpcas2_hookspecs import QuotaRule

PACIFIC = QuotaRule(
    name="u",
    title="uploads",
    per="app",
    limit=1,
    window=86_400,
    resets_in="America/Los_Angeles",
)
QUARTER = QuotaRule(name="p", title="posts", per="account", limit=1, window=900)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-23T07:59:59", "2026-11-23T08:00:00"),
        ("2026-11-23T08:00:00", "2026-11-24T08:00:00"),
        # The last day of summer time there is 1 November 2026: 25 hours long.
        ("2026-11-01T07:00:00", "2026-11-02T08:00:00"),
        # Summer time begins on 8 March 2026: 23 hours.
        ("2026-03-08T08:00:00", "2026-03-09T07:00:00"),
    ],
)
def test_a_day_ends_at_midnight_in_its_zone(start: str, end: str) -> None:
    assert window_end(PACIFIC, at(start)) == at(end)


def test_a_window_without_a_zone_begins_with_its_first_use() -> None:
    assert window_end(QUARTER, at("2026-11-23T07:59:59")) == at("2026-11-23T08:14:59")
