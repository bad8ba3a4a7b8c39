"""What is used of a quota is counted once for everybody, and what answers tell goes first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mpcas2_core.database import Database
from mpcas2_core.quotas import Meter, Subject
from mpcas2_hookspecs import QuotaReading, RateLimited

Tell = Callable[..., Any]

ADA = Subject(platform="counting", account="ada", app="app-1")
BOB = Subject(platform="counting", account="bob", app="app-1")
OTHER_APP = Subject(platform="counting", account="ada", app="app-2")


def soon(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def left(database: Database, platform: Any, subject: Subject, quota: str) -> int:
    """Spends until there is no more, and tells how much there was."""
    count = 0
    while True:
        try:
            await Meter(database, platform, subject).spend(quota)
        except RateLimited:
            return count
        count += 1


def test_a_used_up_quota_says_when_there_is_more(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        meter = Meter(database, platform, ADA)
        for _ in range(3):
            await meter.spend("posts")
        with pytest.raises(RateLimited, match=r"allows this account 3 posts.*again at") as caught:
            await meter.spend("posts")
        assert caught.value.retry_after is not None
        assert 800 < caught.value.retry_after <= 900

    tell(story)


def test_an_account_has_its_own_quota_and_an_app_shares_one(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        assert await left(database, platform, ADA, "posts") == 3
        assert await left(database, platform, BOB, "posts") == 3
        assert await left(database, platform, ADA, "uploads") == 2
        assert await left(database, platform, BOB, "uploads") == 0
        assert await left(database, platform, OTHER_APP, "uploads") == 2

    tell(story)


def test_many_at_once_never_spend_more_than_there_is(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        counts = await asyncio.gather(*(left(database, platform, ADA, "posts") for _ in range(8)))
        assert sum(counts) == 3

    tell(story)


def test_what_does_not_fit_whole_is_not_counted(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        meter = Meter(database, platform, ADA)
        for amount in (5, 2):
            if amount == 5:
                with pytest.raises(RateLimited):
                    await meter.spend("posts", amount)
            else:
                await meter.spend("posts", amount)
        assert await left(database, platform, ADA, "posts") == 1

    tell(story)


def test_a_window_that_ended_starts_anew(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        await left(database, platform, ADA, "posts")
        async with database.public() as connection:
            await connection.execute("UPDATE quota_windows SET resets_at = now()")
        assert await left(database, platform, ADA, "posts") == 3

    tell(story)


def test_an_answer_goes_before_our_own_count(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        meter = Meter(database, platform, ADA)
        meter.observe(QuotaReading(name="posts", remaining=1, limit=10, resets_at=soon(60)))
        await meter.close()
        assert await left(database, platform, ADA, "posts") == 1

    tell(story)


def test_an_older_answer_of_the_same_window_gives_nothing_back(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        end = soon(60)
        for remaining in (1, 4):
            meter = Meter(database, platform, ADA)
            meter.observe(QuotaReading(name="posts", remaining=remaining, limit=10, resets_at=end))
            await meter.close()
        assert await left(database, platform, ADA, "posts") == 1

    tell(story)


def test_an_answer_without_an_end_leaves_the_running_window_its_end(
    tell: Tell, platform: Any
) -> None:
    async def story(database: Database) -> None:
        first = Meter(database, platform, ADA)
        first.observe(QuotaReading(name="posts", remaining=1, limit=10, resets_at=soon(60)))
        await first.close()
        async with database.public() as connection:
            before = await connection.fetchrow("SELECT told_limit, resets_at FROM quota_windows")
        second = Meter(database, platform, ADA)
        second.observe(QuotaReading(name="posts", remaining=0))
        await second.close()
        async with database.public() as connection:
            after = await connection.fetchrow("SELECT told_limit, resets_at FROM quota_windows")
        assert after == before

    tell(story)


def test_an_answer_of_a_window_that_is_over_says_nothing(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        end = soon(60)
        for remaining, at in ((1, end), (0, end - timedelta(seconds=30))):
            meter = Meter(database, platform, ADA)
            meter.observe(QuotaReading(name="posts", remaining=remaining, limit=10, resets_at=at))
            await meter.close()
        assert await left(database, platform, ADA, "posts") == 1

    tell(story)


def test_a_refusal_is_kept_although_the_database_is_away(
    tell: Tell, platform: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(database: Database) -> None:
        meter = Meter(database, platform, ADA)
        await database.close()
        await meter.refused(RateLimited("Later.", retry_after=9.0, quota="posts"))

    tell(story)
    assert "quota_not_held" in capsys.readouterr().out


def test_a_refusal_holds_back_everybody_of_the_subject(tell: Tell, platform: Any) -> None:
    async def story(database: Database) -> None:
        error = RateLimited("Later.", retry_after=120.0, quota="uploads")
        await Meter(database, platform, ADA).refused(error)
        assert await left(database, platform, BOB, "uploads") == 0
        assert await left(database, platform, OTHER_APP, "uploads") == 2
        with pytest.raises(RateLimited) as caught:
            await Meter(database, platform, BOB).spend("uploads")
        assert caught.value.retry_after is not None
        assert 60 < caught.value.retry_after <= 120
        async with database.public() as connection:
            await connection.execute(
                "UPDATE quota_windows SET held_until = now() WHERE held_until IS NOT NULL"
            )
        assert await left(database, platform, BOB, "uploads") == 2

    tell(story)


def test_a_quota_that_was_never_declared_is_a_fault_of_the_plugin(
    tell: Tell, platform: Any
) -> None:
    async def story(database: Database) -> None:
        with pytest.raises(ValueError, match="it declares: posts, uploads"):
            await Meter(database, platform, ADA).spend("likes")

    tell(story)


def test_a_database_that_is_away_costs_no_outcome(
    tell: Tell, platform: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    async def story(database: Database) -> None:
        meter = Meter(database, platform, ADA)
        meter.observe(QuotaReading(name="posts", remaining=0))
        await database.close()
        await meter.close()

    tell(story)
    assert "quota_not_learned" in capsys.readouterr().out


def test_questions_of_people_leave_a_share_of_the_apps_quota_to_what_is_planned(
    tell: Tell, platform: Any
) -> None:
    async def story(database: Database) -> None:
        asking = Meter(database, platform, ADA, share=0.5)
        await asking.spend("uploads")
        with pytest.raises(RateLimited) as caught:
            await asking.spend("uploads")
        assert caught.value.retry_after is not None
        assert caught.value.retry_after > 1
        await Meter(database, platform, ADA).spend("uploads")

    tell(story)
