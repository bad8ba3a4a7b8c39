"""The dispatcher: offers every job that somebody has to look at.

Any number of them may run; ``SKIP LOCKED`` keeps them out of each other's way. Every worker runs one,
and the API rings at once for a post that is to go out now.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from uuid import UUID

import asyncpg
import structlog

from mpcas2_core.database.pool import Database
from mpcas2_core.publishing import due
from mpcas2_core.publishing.doorbell import COMMON, Doorbell, DoorbellUnavailable

__all__ = ("Dispatcher",)

log = structlog.get_logger(__name__)

BATCH = 200
# While so many offers wait in a lane, making more would only rewrite rows: no worker is idle there.
BACKLOG = 2 * BATCH
# Shortest pause: what is due within it is looked at then.
LEAST_PAUSE = 0.05
BACKLOG_PAUSE = 0.2


class Dispatcher:
    """Offers due jobs.

    Args:
        database: Holds the due index.
        doorbell: Tells the workers.
        lanes: The networks that are known here.
        poll_seconds: Longest pause between two looks.
        reoffer_seconds: When an offer that nobody took is made again.
    """

    def __init__(
        self,
        database: Database,
        doorbell: Doorbell,
        *,
        lanes: Collection[str],
        poll_seconds: float,
        reoffer_seconds: float,
    ) -> None:
        self._database = database
        self._doorbell = doorbell
        self._lanes = (*sorted(lanes), COMMON)
        self._poll = poll_seconds
        self._reoffer = reoffer_seconds

    async def offer_due(self) -> int | None:
        """Offers a batch of what is due now.

        Returns:
            How many jobs were offered; None when workers have enough to take already.

        Raises:
            DoorbellUnavailable: Valkey cannot be reached; the jobs are offered again later.
        """
        waiting = await self._doorbell.waiting(self._lanes)
        full = [lane for lane, count in waiting.items() if count >= BACKLOG]
        if len(full) == len(self._lanes):
            return None
        async with self._database.public() as connection:
            offers = await due.offer(
                connection, limit=BATCH, again_after=self._reoffer, without=full
            )
        by_lane: dict[str, list[tuple[UUID, UUID]]] = {}
        for one in offers:
            lane = one.platform if one.platform in waiting else COMMON
            by_lane.setdefault(lane, []).append((one.job_id, one.tenant_id))
        for lane, jobs in by_lane.items():
            await self._doorbell.ring(lane, jobs)
        return None if full and not offers else len(offers)

    async def run(self, stop: asyncio.Event) -> None:
        """Offers until told to stop. Servers that go away are waited for."""
        while not stop.is_set():
            pause = self._poll
            try:
                offered = await self.offer_due()
                if offered == BATCH:
                    continue
                if offered is None:
                    pause = min(BACKLOG_PAUSE, self._poll)
                else:
                    pause = await self._until_next()
            except DoorbellUnavailable as error:
                log.warning("doorbell_unavailable", detail=str(error))
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("database_unavailable", detail=f"{type(error).__name__}: {error}")
            try:
                async with asyncio.timeout(pause):
                    await stop.wait()
            except TimeoutError:
                continue

    async def _until_next(self) -> float:
        async with self._database.public() as connection:
            seconds = await due.next_due(connection)
        return self._poll if seconds is None else min(max(seconds, LEAST_PAUSE), self._poll)
