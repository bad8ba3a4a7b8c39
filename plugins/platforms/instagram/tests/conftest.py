"""A server of canned answers, an account on it, and a way to run the adapter's methods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mpcas2_hookspecs import Account
from mpcas2_platform_instagram.adapter import InstagramPlatform
from mpcas2_testing import CannedServer, MemoryPublishContext, serve_canned

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ME = "17841400000000042"


def settings_of(url: str, version: str = "v26.0") -> dict[str, str]:
    names = ("api_url", "web_url", "auth_url", "token_url", "upload_url")
    return {**dict.fromkeys(names, url), "api_version": version}


class Worker:
    """Runs calls as one process after another would, over one journal."""

    def __init__(self, url: str) -> None:
        self.platform = InstagramPlatform(settings_of(url))
        self.account = Account(id="a", platform="instagram", platform_account_id=ME, username="ada")
        self.journal: dict[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self.now = NOW
        self.spent: list[tuple[str, int]] = []
        self.readings: list[Any] = []

    def run(self, call: Callable[[InstagramPlatform, MemoryPublishContext], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with MemoryPublishContext(
                account=self.account,
                access_token="access-secret",
                media=self.media,
                journal=self.journal,
                clock=lambda: self.now,
                timeout=2.0,
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
