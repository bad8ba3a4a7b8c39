"""The bell tells every offer once, in turns of the tenants, and survives whatever is in the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID, uuid4

from redis.asyncio import Redis

from mpcas2_core.publishing.doorbell import Doorbell

T = TypeVar("T")
BIG, SMALL, THIRD = uuid4(), uuid4(), uuid4()


def tell(url: str, story: Callable[[Doorbell], Awaitable[T]]) -> T:
    async def whole() -> T:
        bell = Doorbell(url)
        try:
            return await story(bell)
        finally:
            await bell.close()

    return asyncio.run(whole())


def jobs(count: int, tenant: UUID) -> list[tuple[UUID, UUID]]:
    return [(uuid4(), tenant) for _ in range(count)]


async def taken(bell: Doorbell, count: int, lane: str = "bluesky") -> list[UUID]:
    return await bell.wait(lane, most=count, seconds=0.05)


def test_one_tenants_offers_come_in_their_order(fresh_redis_url: str) -> None:
    async def story(bell: Doorbell) -> None:
        mine = jobs(20, BIG)
        await bell.ring("bluesky", mine[:10])
        await bell.ring("bluesky", mine[10:])
        assert await taken(bell, 30) == [job for job, _ in mine]

    tell(fresh_redis_url, story)


def test_a_newcomer_goes_before_the_rest_of_a_hundred(fresh_redis_url: str) -> None:
    async def story(bell: Doorbell) -> None:
        await bell.ring("bluesky", jobs(100, BIG))
        await taken(bell, 30)
        new = jobs(3, SMALL)
        await bell.ring("bluesky", new)
        order = await taken(bell, 8)
        assert {job for job, _ in new} <= set(order)

    tell(fresh_redis_url, story)


def test_a_busy_time_that_is_over_costs_nobody_a_turn(fresh_redis_url: str) -> None:
    async def story(bell: Doorbell) -> None:
        await bell.ring("bluesky", jobs(50, BIG))
        await taken(bell, 100)
        await bell.ring("bluesky", jobs(10, SMALL))
        late = jobs(1, BIG)
        await bell.ring("bluesky", late)
        assert late[0][0] in await taken(bell, 3)

    tell(fresh_redis_url, story)


def test_an_offer_that_is_made_again_is_told_once_and_keeps_its_turn(fresh_redis_url: str) -> None:
    async def story(bell: Doorbell) -> None:
        mine = jobs(3, BIG)
        for _ in range(2):
            await bell.ring("bluesky", mine)
        assert await bell.waiting(["bluesky"]) == {"bluesky": 3}
        assert await taken(bell, 10) == [job for job, _ in mine]

    tell(fresh_redis_url, story)


def test_lanes_are_counted_and_taken_apart(fresh_redis_url: str) -> None:
    async def story(bell: Doorbell) -> None:
        await bell.ring("twitter", jobs(2, BIG))
        await bell.ring("youtube", jobs(1, THIRD))
        assert await bell.waiting(["bluesky", "twitter", "youtube", ""]) == {
            "bluesky": 0,
            "twitter": 2,
            "youtube": 1,
            "": 0,
        }
        assert len(await taken(bell, 5, "youtube")) == 1
        assert await taken(bell, 5, "bluesky") == []

    tell(fresh_redis_url, story)


def test_what_is_no_job_is_passed_over(fresh_redis_url: str) -> None:
    async def story(bell: Doorbell) -> None:
        store: Any = Redis.from_url(fresh_redis_url)
        await store.zadd("mpcas2:lane:bluesky", {b"nonsense": -5.0})
        await store.aclose()
        mine = jobs(1, BIG)
        await bell.ring("bluesky", mine)
        assert await taken(bell, 5) == [mine[0][0]]

    tell(fresh_redis_url, story)
