"""The worker: takes offers, claims jobs, works on many at a time, and stops without dropping any."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import structlog

from mpcas2_core.database.pool import Database
from mpcas2_core.plugins import PluginHost
from mpcas2_core.publishing import due, parking
from mpcas2_core.publishing.delivery import Delivery
from mpcas2_core.publishing.dispatcher import Dispatcher
from mpcas2_core.publishing.doorbell import COMMON, Doorbell, DoorbellUnavailable
from mpcas2_core.publishing.due import Lease
from mpcas2_core.tenants import Tenants

__all__ = ("Worker", "worker_name")

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

DATABASE_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
PAUSE_AFTER_FAULT = 0.5
WAIT_SECONDS = 1.0


def worker_name() -> str:
    """Names this process so that a person finds it, and no other process ever has the name."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"


class Worker:
    """One worker process.

    Args:
        database: Where the truth is.
        doorbell: Brings offers.
        dispatcher: Makes them; every worker runs one.
        tenants: Judges whether a tenant may be served.
        delivery: Works on one job.
        name: From :func:`worker_name`.
        plugins: The networks that are known here; each has a lane.
        concurrency: How many jobs of one lane at a time, so that a network that hangs fills its
            own lane and no other.
        lease_seconds: Length of a lease.
        drain_seconds: How long running jobs may go on once the worker is told to stop.
    """

    def __init__(
        self,
        *,
        database: Database,
        doorbell: Doorbell,
        dispatcher: Dispatcher,
        tenants: Tenants,
        delivery: Delivery,
        name: str,
        plugins: PluginHost,
        concurrency: int,
        lease_seconds: float,
        drain_seconds: float,
    ) -> None:
        self._database = database
        self._doorbell = doorbell
        self._dispatcher = dispatcher
        self._tenants = tenants
        self._delivery = delivery
        self._plugins = plugins
        self._name = name
        # How many more jobs each lane may take.
        self._free = dict.fromkeys((*sorted(plugins.platforms), COMMON), concurrency)
        self._freed = {lane: asyncio.Event() for lane in self._free}
        self._lease_seconds = lease_seconds
        self._drain_seconds = drain_seconds
        self._running: dict[Lease, asyncio.Task[None]] = {}
        self._marked: set[Lease] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until told to stop, then lets running jobs end.

        Args:
            stop: Set by whoever wants the worker to stop, for example at SIGTERM.
        """
        log.info("worker_started", worker=self._name, lanes=list(self._free))
        beating = asyncio.create_task(self._beat())
        dispatching = asyncio.create_task(self._dispatcher.run(stop))
        waking = asyncio.create_task(parking.wake_from_time_to_time(self._database, self._plugins))
        try:
            async with asyncio.TaskGroup() as taking:
                for lane in self._free:
                    taking.create_task(self._take(lane, stop))
            await self._drain()
        finally:
            beating.cancel()
            dispatching.cancel()
            waking.cancel()
            await asyncio.gather(beating, dispatching, waking, return_exceptions=True)
            log.info("worker_stopped", worker=self._name)

    async def _take(self, lane: str, stop: asyncio.Event) -> None:
        """Takes what is offered in one lane, as much as there are places."""
        while not stop.is_set():
            if self._free[lane] <= 0:
                self._freed[lane].clear()
                await _or_stop(self._freed[lane].wait(), stop)
                continue
            try:
                offers = await _or_stop(
                    self._doorbell.wait(lane, most=self._free[lane], seconds=WAIT_SECONDS), stop
                )
                # A stop does not interrupt a claim: what is claimed is worked on.
                await self._claim(lane, offers or [])
            except DoorbellUnavailable as error:
                log.warning("doorbell_unavailable", detail=str(error))
                await asyncio.sleep(PAUSE_AFTER_FAULT)
            except DATABASE_FAULTS as error:
                log.warning("database_unavailable", detail=f"{type(error).__name__}: {error}")
                await asyncio.sleep(PAUSE_AFTER_FAULT)

    async def _claim(self, lane: str, offers: list[UUID]) -> None:
        if not offers:
            return
        async with self._database.public() as connection:
            leases = await due.claim(
                connection,
                offers,
                worker=self._name,
                seconds=self._lease_seconds,
                tenants=self._tenants,
            )
        for lease in leases:
            self._free[lane] -= 1
            task = asyncio.create_task(self._work(lane, lease), name=f"job {lease.job_id}")
            self._running[lease] = task

    async def _work(self, lane: str, lease: Lease) -> None:
        structlog.contextvars.bind_contextvars(job_id=str(lease.job_id), fence=lease.fence)
        try:
            await self._delivery.deliver(lease, lambda: self._marked.add(lease))
        except asyncio.CancelledError:
            # After the mark the send may be under way: only the end of the lease is a safe sign.
            if lease not in self._marked:
                await self._give_back(lease)
            raise
        except DATABASE_FAULTS as error:
            # The rows say what to do next; the job is offered again when the lease ends.
            log.warning("job_interrupted", detail=f"{type(error).__name__}: {error}")
        except Exception:
            log.exception("job_crashed")
        finally:
            self._marked.discard(lease)
            self._running.pop(lease, None)
            self._free[lane] += 1
            self._freed[lane].set()

    async def _give_back(self, lease: Lease) -> None:
        try:
            await due.release(self._database, lease)
        except DATABASE_FAULTS as error:
            log.warning("release_failed", detail=f"{type(error).__name__}: {error}")

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            held = list(self._running)
            if not held:
                continue
            try:
                kept = await due.heartbeat(self._database, held, seconds=self._lease_seconds)
            except DATABASE_FAULTS as error:
                log.warning("heartbeat_failed", detail=f"{type(error).__name__}: {error}")
                continue
            for lease in held:
                task = self._running.get(lease)
                # A marked attempt is left to end: its outcome is evidence even if it comes late.
                if task and lease.job_id not in kept and lease not in self._marked:
                    task.cancel()

    async def _drain(self) -> None:
        tasks = set(self._running.values())
        if not tasks:
            return
        log.info("worker_draining", jobs=len(tasks), seconds=self._drain_seconds)
        _, late = await asyncio.wait(tasks, timeout=self._drain_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


async def _or_stop(work: Coroutine[Any, Any, _T], stop: asyncio.Event) -> _T | None:
    """Waits for work, but no longer than until the stop; None when the stop came first."""
    task = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return None
    return task.result()
