"""A network with quotas, and stories told over a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from mpcas2_core.database import Database
from mpcas2_hookspecs import QuotaRule

T = TypeVar("T")
DAY = 86_400


class Counting:
    """As much of a platform as a meter looks at."""

    key = "counting"
    title = "Counting"
    quotas = (
        QuotaRule(name="posts", title="posts", per="account", limit=3, window=900),
        QuotaRule(
            name="uploads",
            title="uploads",
            per="app",
            limit=2,
            window=DAY,
            resets_in="America/Los_Angeles",
        ),
    )


@pytest.fixture
def platform() -> Any:
    return Counting()


@pytest.fixture
def tell(fresh_database_url: str) -> Callable[[Callable[[Database], Awaitable[T]]], T]:
    def run(story: Callable[[Database], Awaitable[T]]) -> T:
        async def whole() -> T:
            database = await Database.open(fresh_database_url, size=8)
            try:
                return await story(database)
            finally:
                await database.close()

        return asyncio.run(whole())

    return run
