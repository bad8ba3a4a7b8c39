"""The peer of the engine: the same adapter calls in a loop, with nothing kept and nothing safe.

Its own process, on uvloop as the worker is, with one long-lived httpx client for each account. Reads
its order from standard input and prints the seconds that it took and the CPU seconds that it used.
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvloop
from benchmarks.bare_context import BareContext, BearerToken
from benchmarks.networks import TEXT, TITLE

from mpcas2_core.plugins import PluginHost
from mpcas2_hookspecs import Accepted, Account, Media, Part, Platform, PollsPublish, Published


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is posted for, and its access token."""

    account: Account
    token: str
    media: tuple[Media, ...] = ()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to post.

    Attributes:
        seats: For whom, in turns.
        posts: How many in all.
        at_once: How many run at the same time.
        film: The file of those that have one.
    """

    seats: tuple[Seat, ...]
    posts: int
    at_once: int
    film: str | None = None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What it took: seconds of the clock, and seconds of CPU."""

    seconds: float
    cpu: float


class Poster:
    """Posts for one account.

    Args:
        seat: The account.
        platform: Its adapter.
        http: A client with its token.
        bare_http: A client without.
        film: The file of a post.
    """

    def __init__(
        self,
        seat: Seat,
        platform: Platform,
        http: httpx.AsyncClient,
        bare_http: httpx.AsyncClient,
        film: Path | None,
    ) -> None:
        self._seat = seat
        self._platform = platform
        self._clients = (http, bare_http)
        self._film = film

    async def post(self, number: int) -> None:
        """Makes one post, and asks until it is public where the network decides later."""
        part = Part(
            index=0,
            text=TEXT.format(number=number),
            title=TITLE.format(number=number) if self._seat.media else "",
            media=self._seat.media,
            options=self._platform.options(),
        )
        ctx = BareContext(self._seat.account, *self._clients, self._film)
        answer: Any = await self._platform.publish(await self._platform.stage(part, ctx), ctx)
        if isinstance(answer, Accepted) and isinstance(self._platform, PollsPublish):
            answer = await self._platform.poll(answer.handle, ctx)
        if not isinstance(answer, Published):
            raise TypeError(f"expected a published post, not {answer!r}")


async def post_all(order: Order) -> Told:
    """Posts everything, seat after seat."""
    host = PluginHost.load()
    film = Path(order.film) if order.film else None
    numbers = iter(range(order.posts))
    async with AsyncExitStack() as stack:

        async def client(auth: httpx.Auth | None) -> httpx.AsyncClient:
            made = httpx.AsyncClient(auth=auth, trust_env=False, timeout=60.0)
            return await stack.enter_async_context(made)

        posters = [
            Poster(
                seat,
                host.platform(seat.account.platform),
                await client(BearerToken(seat.token)),
                await client(None),
                film,
            )
            for seat in order.seats
        ]

        async def lane() -> None:
            for number in numbers:
                await posters[number % len(posters)].post(number)

        started, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(lane() for _ in range(order.at_once)))
        return Told(seconds=time.perf_counter() - started, cpu=time.process_time() - used)


if __name__ == "__main__":
    told = uvloop.run(post_all(msgspec.json.decode(sys.stdin.buffer.read(), type=Order)))
    sys.stdout.buffer.write(msgspec.json.encode(told))
