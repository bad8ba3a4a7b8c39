"""A plan that cannot fit is told when it is made, and one that fits is not."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from mpcas2_core.database import Database, Scope
from mpcas2_core.quotas import PlannedPost, QuotaWarning, warnings_for
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault

# Noon of a day in winter in California: far from any midnight there.
NOON = datetime(2030, 1, 15, 20, 0, tzinfo=UTC)

ROWS = """
INSERT INTO users (id, login_id, email, name, role) VALUES ($1, $1, 'a@example.org', 'Ada', 'owner')
"""
ACCOUNT = """
INSERT INTO social_accounts (id, user_id, platform, platform_account_id, username)
VALUES ($1, $2, 'counting', 'ada', 'ada')
"""
CONTENT = "INSERT INTO content (id, user_id, type, title) VALUES ($1, $1, 'text', 'T')"
JOB = """
INSERT INTO publish_jobs (id, user_id, content_id, social_account_id, platform, scheduled_at)
VALUES ($1, $2, $2, $3, 'counting', $4)
"""
PART = "INSERT INTO publish_parts (job_id, position, text) VALUES ($1, 0, 'Hi')"
USED = """
INSERT INTO public.quota_windows (subject, name, used, resets_at)
VALUES ('account:counting:ada', 'posts', $1, $2)
"""


@pytest.fixture
def warned(servers: Any, platform: Any) -> Callable[..., list[QuotaWarning]]:
    """Plans posts at the given times and gives the warnings for the last of them."""
    plugins: Any = SimpleNamespace(platform=lambda _key: platform)

    async def whole(
        url: str, times: list[datetime], used: tuple[int, datetime] | None
    ) -> list[QuotaWarning]:
        database = await Database.open(url, size=2)
        try:
            vault = Vault(MasterKeys(base64.b64encode(os.urandom(32)).decode()))
            async with database.public() as connection, connection.transaction():
                tenant = await Tenants(database, vault).create(connection, "Studio")
            user, account = uuid4(), uuid4()

            async def work(scope: Scope) -> list[QuotaWarning]:
                await scope.execute(ROWS, user)
                await scope.execute(ACCOUNT, account, user)
                await scope.execute(CONTENT, user)
                for at in times:
                    job: UUID = uuid4()
                    await scope.execute(JOB, job, user, account, at)
                    await scope.execute(PART, job)
                if used is not None:
                    await scope.execute(USED, *used)
                last = PlannedPost(account_id=account, platform="counting", at=times[-1])
                return await warnings_for(scope, plugins, [last])

            return await database.run(tenant, work)
        finally:
            await database.close()

    def run(times: list[datetime], used: tuple[int, datetime] | None = None) -> list[QuotaWarning]:
        with servers.database() as url:
            return asyncio.run(whole(url, times, used))

    return run


def minutes(*after: float) -> list[datetime]:
    # Told when the test runs: it may be the last of a long suite.
    now = datetime.now(UTC)
    return [now + timedelta(minutes=one) for one in after]


def quotas(found: list[QuotaWarning]) -> list[str]:
    return [one.quota for one in found]


def test_as_many_as_are_allowed_are_no_cause_for_a_warning(warned: Any) -> None:
    assert quotas(warned([NOON, NOON + timedelta(hours=1)])) == []


def test_one_more_on_the_same_day_says_until_when_it_waits(warned: Any) -> None:
    (warning,) = warned([NOON + timedelta(hours=hours) for hours in (0, 1, 2)])
    assert warning.quota == "uploads"
    assert "3 are planned" in warning.message
    assert "until 2030-01-16 08:00 UTC" in warning.message


def test_another_day_is_another_quota(warned: Any) -> None:
    assert quotas(warned([NOON, NOON, NOON + timedelta(days=1)])) == []


def test_what_is_used_of_a_window_that_still_runs_counts(warned: Any) -> None:
    assert "posts" in quotas(warned(minutes(1), (3, minutes(10)[0])))


def test_what_is_used_of_a_window_that_is_over_by_then_does_not(warned: Any) -> None:
    assert "posts" not in quotas(warned(minutes(30), (3, minutes(10)[0])))


def test_a_crowd_within_a_quarter_of_an_hour_is_told(warned: Any) -> None:
    assert "posts" in quotas(warned(minutes(60, 62, 64, 66)))
    assert "posts" not in quotas(warned(minutes(60, 80, 100, 120)))
