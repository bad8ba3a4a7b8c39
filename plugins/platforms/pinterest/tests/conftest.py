"""A server of canned answers, an account on it, and a way to run the adapter's methods."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from mpcas2_hookspecs import Account
from mpcas2_platform_pinterest.adapter import PinterestPlatform
from mpcas2_testing import CannedServer, MemoryPublishContext, serve_canned

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


class Worker:
    """Runs calls as one process after another would, over one journal."""

    def __init__(self, url: str) -> None:
        self.platform = PinterestPlatform(
            {
                "api_url": f"{url}/below/",
                "api_version": "v5",
                "web_url": "https://pins.example/",
                "secret_boards": False,
            }
        )
        self.account = Account(
            id="a", platform="pinterest", platform_account_id="7", username="ada"
        )
        self.journal: dict[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self.now = NOW

    def run(self, call: Callable[[PinterestPlatform, MemoryPublishContext], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with MemoryPublishContext(
                account=self.account,
                access_token="access-secret",
                media=self.media,
                journal=self.journal,
                clock=lambda: self.now,
            ) as ctx:
                return await call(self.platform, ctx)

        return asyncio.run(inside())


@pytest.fixture(scope="session")
def server() -> Iterator[CannedServer]:
    with serve_canned() as server:
        yield server


@pytest.fixture
def canned(server: CannedServer) -> CannedServer:
    server.answers.clear()
    server.received.clear()
    return server


@pytest.fixture
def worker(canned: CannedServer) -> Worker:
    return Worker(canned.url)
