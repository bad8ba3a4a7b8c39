from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from mpcas2_platform_bluesky.records import new_tid

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
# The pattern that https://atproto.com/specs/tid gives.
VALID = re.compile(r"^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$")


def test_a_tid_is_valid_for_every_year_it_can_be_asked_for() -> None:
    for year in (1970, 2000, 2026, 2100, 2250):
        assert VALID.match(new_tid(NOW.replace(year=year)))


def test_tids_sort_by_time_down_to_the_microsecond() -> None:
    keys = [new_tid(NOW + timedelta(microseconds=step)) for step in range(200)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 200


def test_a_tid_carries_its_time() -> None:
    alphabet = "234567abcdefghijklmnopqrstuvwxyz"
    number = 0
    for character in new_tid(NOW):
        number = number * 32 + alphabet.index(character)
    assert timedelta(microseconds=number >> 10) == NOW - datetime(1970, 1, 1, tzinfo=UTC)


def test_one_microsecond_has_many_tids() -> None:
    assert len({new_tid(NOW) for _ in range(50)}) > 1
