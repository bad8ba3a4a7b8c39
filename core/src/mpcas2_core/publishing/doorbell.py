"""The doorbell: sorted sets in Valkey that tell idle workers about offered jobs, one for each lane.

A lane is a network; the common lane takes what belongs to none of those that are known here. Within a
lane tenants take turns: a job's score is its turn, as in start-time fair queueing, so that a tenant who
comes with one post goes before the next of somebody's hundred. It all holds nothing that PostgreSQL does
not know better. Lose it, empty it or fill it with nonsense, and the worst that happens is that an offer
is made again, in another order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, cast
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

__all__ = ("COMMON", "Doorbell", "DoorbellUnavailable")

log = structlog.get_logger(__name__)

KEY = "mpcas2:lane"
# Turns are of interest only while somebody waits.
TURNS_SECONDS = 600
COMMON = ""
"""The lane of jobs whose network is not known here."""


class DoorbellUnavailable(Exception):
    """Valkey cannot be reached; due jobs wait, nothing is lost."""


class Doorbell:
    """Carries offers from dispatchers to workers.

    Args:
        url: ``redis://…``.
    """

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(
            url,
            socket_connect_timeout=5,
            socket_timeout=15,
            retry=Retry(NoBackoff(), 1),
            health_check_interval=0,
        )

    async def ring(self, lane: str, offers: Sequence[tuple[UUID, UUID]]) -> None:
        """Tells the workers of a lane about offered jobs.

        Args:
            lane: Which.
            offers: Job and tenant of each, in order. A job that waits already is not told twice.

        Raises:
            DoorbellUnavailable: Valkey cannot be reached.
        """
        if not offers:
            return
        tenants = list(dict.fromkeys(tenant.bytes for _, tenant in offers))
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.zrange(_key(lane), 0, 0, withscores=True)
                pipeline.hmget(_turns(lane), tenants)
                pipeline.zmscore(_key(lane), [job.bytes for job, _ in offers])  # type: ignore[misc]  # redis-py says text, and takes bytes
                first, taken, told = await pipeline.execute()
            # Whoever waits longest is at this turn; nobody new starts before it.
            now = first[0][1] if first else 0.0
            last = {
                tenant: float(turn) if first and turn is not None else now - 1.0
                for tenant, turn in zip(tenants, taken, strict=True)
            }
            scores: dict[bytes, float] = {}
            for (job, tenant), turn in zip(offers, told, strict=True):
                if turn is not None:
                    # It waits already, and its tenant has paid with a turn.
                    continue
                last[tenant.bytes] = scores[job.bytes] = max(now, last[tenant.bytes] + 1.0)
            if not scores:
                return
            async with self._redis.pipeline(transaction=False) as pipeline:
                if not first:
                    # Turns of a time when more was waiting would put their tenants last now.
                    pipeline.delete(_turns(lane))
                pipeline.zadd(_key(lane), scores, nx=True)
                pipeline.hset(_turns(lane), mapping=dict(last))
                pipeline.expire(_turns(lane), TURNS_SECONDS)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            raise DoorbellUnavailable(f"Valkey cannot be reached: {error}.") from error

    async def waiting(self, lanes: Sequence[str]) -> dict[str, int]:
        """Counts the offers that no worker has taken yet, lane by lane, in one round trip.

        Raises:
            DoorbellUnavailable: Valkey cannot be reached.
        """
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for lane in lanes:
                    pipeline.zcard(_key(lane))
                counts = await pipeline.execute()
        except (RedisError, OSError) as error:
            raise DoorbellUnavailable(f"Valkey cannot be reached: {error}.") from error
        return dict(zip(lanes, counts, strict=True))

    async def wait(self, lane: str, *, most: int, seconds: float) -> list[UUID]:
        """Waits for offers in a lane.

        Args:
            lane: Which.
            most: How many to take at most.
            seconds: How long to wait for the first.

        Raises:
            DoorbellUnavailable: Valkey cannot be reached.
        """
        try:
            answer = await cast(
                "Awaitable[Any]",
                self._redis.bzmpop(seconds, 1, [_key(lane)], min=True, count=most),
            )
        except (RedisError, OSError) as error:
            raise DoorbellUnavailable(f"Valkey cannot be reached: {error}.") from error
        offers = []
        for item, _turn in answer[1] if answer else ():
            try:
                offers.append(UUID(bytes=item))
            except ValueError:
                log.warning("doorbell_item_ignored")
        return offers

    async def check(self) -> str:
        """Gives the server's version, for health and doctor.

        Raises:
            DoorbellUnavailable: Valkey cannot be reached.
        """
        try:
            info = await self._redis.info("server")
        except (RedisError, OSError) as error:
            raise DoorbellUnavailable(f"Valkey cannot be reached: {error}.") from error
        return str(info.get("valkey_version") or info.get("redis_version"))

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()


def _key(lane: str) -> str:
    return f"{KEY}:{lane}"


def _turns(lane: str) -> str:
    return f"{KEY}:{lane}:turns"
