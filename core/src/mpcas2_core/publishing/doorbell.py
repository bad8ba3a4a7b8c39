"""The doorbell: a list in Valkey that tells idle workers about offered jobs.

It holds nothing that PostgreSQL does not know better. Lose it, empty it or fill it with nonsense, and
the worst that happens is that an offer is made again.
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

__all__ = ("Doorbell", "DoorbellUnavailable")

log = structlog.get_logger(__name__)

KEY = "mpcas2:offers"


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

    async def ring(self, offers: Sequence[UUID]) -> None:
        """Tells the workers about offered jobs.

        Raises:
            DoorbellUnavailable: Valkey cannot be reached.
        """
        if not offers:
            return
        try:
            await cast("Awaitable[int]", self._redis.rpush(KEY, *(job.bytes for job in offers)))
        except (RedisError, OSError) as error:
            raise DoorbellUnavailable(f"Valkey cannot be reached: {error}.") from error

    async def waiting(self) -> int:
        """Counts the offers that no worker has taken yet.

        Raises:
            DoorbellUnavailable: Valkey cannot be reached.
        """
        try:
            return await cast("Awaitable[int]", self._redis.llen(KEY))
        except (RedisError, OSError) as error:
            raise DoorbellUnavailable(f"Valkey cannot be reached: {error}.") from error

    async def wait(self, *, most: int, seconds: float) -> list[UUID]:
        """Waits for offers.

        Args:
            most: How many to take at most.
            seconds: How long to wait for the first.

        Raises:
            DoorbellUnavailable: Valkey cannot be reached.
        """
        try:
            answer = await cast(
                "Awaitable[Any]",
                self._redis.blmpop(seconds, 1, KEY, direction="LEFT", count=most),
            )
        except (RedisError, OSError) as error:
            raise DoorbellUnavailable(f"Valkey cannot be reached: {error}.") from error
        offers = []
        for item in answer[1] if answer else ():
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
