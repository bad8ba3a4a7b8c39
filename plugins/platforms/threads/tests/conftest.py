"""A server of canned answers, an account on it, and a way to run the adapter's methods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mpcas2_hookspecs import Account
from mpcas2_platform_threads.adapter import ThreadsPlatform
from mpcas2_testing import CannedServer, MemoryPublishContext, serve_canned

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class Worker:
    """Runs calls as one process after another would, over one journal."""

    def __init__(self, url: str) -> None:
        self.platform = ThreadsPlatform(
            {"api_url": url, "api_version": "v1.0", "web_url": "https://threads.net"}
        )
        self.account = Account(
            id="a",
            platform="threads",
            platform_account_id="42",
            username="ada",
        )
        self.journal: dict[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self.now = NOW
        self.spent: list[tuple[str, int]] = []
        self.readings: list[Any] = []

    def run(self, call: Callable[[ThreadsPlatform, MemoryPublishContext], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with MemoryPublishContext(
                account=self.account,
                access_token="access-secret",
                media=self.media,
                journal=self.journal,
                clock=lambda: self.now,
            ) as ctx:
                try:
                    return await call(self.platform, ctx)
                finally:
                    self.spent += ctx.spent
                    self.readings += ctx.readings

        return asyncio.run(inside())


@pytest.fixture
def canned() -> Iterator[CannedServer]:
    with serve_canned() as server:
        yield server


@pytest.fixture
def worker(canned: CannedServer) -> Worker:
    return Worker(canned.url)
