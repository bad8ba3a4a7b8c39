"""A server of canned answers, an account on it, and a way to run the adapter's methods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mpcas2_hookspecs import Account
from mpcas2_platform_twitter.adapter import XPlatform
from mpcas2_testing import CannedServer, MemoryPublishContext, serve_canned

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class KilledError(Exception):
    """The process died."""


class MortalContext(MemoryPublishContext):
    """Dies at a record, as a process does: the value is not stored."""

    records_left: int | None = None

    async def record(self, name: str, value: Any) -> None:
        if self.records_left is not None:
            if self.records_left == 0:
                raise KilledError
            self.records_left -= 1
        await super().record(name, value)


class Worker:
    """Runs calls as one process after another would, over one journal."""

    killed = KilledError

    def __init__(self, url: str, account: Account) -> None:
        self.platform = XPlatform({"api_url": url, "web_url": "https://x.com"})
        self.account = account
        self.journal: dict[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self.now = NOW
        self.spent: list[tuple[str, int]] = []
        self.readings: list[Any] = []
        self.records_left: int | None = None

    def run(self, call: Callable[[XPlatform, MemoryPublishContext], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with MortalContext(
                account=self.account,
                access_token="access-secret",
                media=self.media,
                journal=self.journal,
                clock=lambda: self.now,
            ) as ctx:
                ctx.records_left = self.records_left
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
    account = Account(id="a", platform="twitter", platform_account_id="42", username="ada")
    return Worker(canned.url, account)
