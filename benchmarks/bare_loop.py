"""The peer of the engine: the same adapter calls in a loop, with nothing kept and nothing safe.

Its own process, on uvloop as the worker is, with one long-lived httpx client. Reads its order from
standard input and prints the seconds that it took and the CPU seconds that it used.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import uvloop
from benchmarks.rig import TEXT

from mpcas2_hookspecs import Account, Media, Part, Published
from mpcas2_platform_bluesky.adapter import BlueskyPlatform


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to post.

    Attributes:
        server: The practice network.
        account: One of its accounts.
        posts: How many.
        at_once: How many run at the same time.
    """

    server: str
    account: dict[str, Any]
    posts: int
    at_once: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What it took: seconds of the clock, and seconds of CPU."""

    seconds: float
    cpu: float


class BareContext:
    """The least that the adapter needs."""

    def __init__(self, account: Account, http: httpx.AsyncClient) -> None:
        self.account = account
        self.http = http
        self.bare_http = http
        self.journal: Mapping[str, Any] = {}

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def record(self, name: str, value: Any) -> None:
        raise NotImplementedError

    def open_media(self, media: Media) -> AsyncIterator[bytes]:
        raise NotImplementedError


class BearerToken(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


async def post_all(order: Order) -> Told:
    platform = BlueskyPlatform()
    credentials = {
        **{field.name: field.default for field in platform.connect_form if field.default},
        "identifier": order.account["handle"],
        "appPassword": order.account["appPassword"],
        "server": order.server,
    }
    async with httpx.AsyncClient(trust_env=False, timeout=60.0) as bare:
        profile, grant = await _connected(platform, credentials, bare)
    account = Account(
        id="bare",
        platform="bluesky",
        platform_account_id=profile.platform_account_id,
        username=profile.username,
        data=profile.data,
    )
    numbers = iter(range(order.posts))
    async with httpx.AsyncClient(
        auth=BearerToken(grant.access_token), trust_env=False, timeout=60.0
    ) as client:
        ctx = BareContext(account, client)

        async def lane() -> None:
            for number in numbers:
                part = Part(
                    index=0,
                    text=TEXT.format(number=number),
                    media=(),
                    options=platform.options(),
                    root=None,
                    parent=None,
                )
                answer = await platform.publish(await platform.stage(part, ctx), ctx)
                if not isinstance(answer, Published):
                    raise TypeError(f"expected a published post, not {answer!r}")

        started, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(lane() for _ in range(order.at_once)))
        return Told(seconds=time.perf_counter() - started, cpu=time.process_time() - used)


async def _connected(
    platform: BlueskyPlatform, credentials: dict[str, str], client: httpx.AsyncClient
) -> tuple[Any, Any]:
    nobody = Account(id="bare", platform="bluesky", platform_account_id="", username="")
    connection = await platform.connect(credentials, BareContext(nobody, client))
    return connection.profile, connection.grant


if __name__ == "__main__":
    told = uvloop.run(post_all(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    sys.stdout.buffer.write(msgspec.json.encode(told))
