"""Takes one claimed job through stage, mark, publish, find and poll until somebody else must act."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import asyncpg
import msgspec
import structlog

from mpcas2_core.accounts.broker import Access, TokenBroker
from mpcas2_core.content.links import MediaLinks
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.outbound import Clients
from mpcas2_core.plugins import PluginHost, UnknownPlatform, availability
from mpcas2_core.publishing import (
    answers,
    comments,
    history,
    inherited,
    journal,
    late,
    lateness,
    ledger,
    outcomes,
    parking,
    persistence,
)
from mpcas2_core.publishing.context import PartContext, part_of
from mpcas2_core.publishing.deadline import Deadline
from mpcas2_core.publishing.due import Lease, LeaseLost
from mpcas2_core.publishing.ledger import Work
from mpcas2_core.publishing.patience import Patience
from mpcas2_core.publishing.settlement import Settlement
from mpcas2_core.quotas import Meter, Subject
from mpcas2_core.storage import Storage
from mpcas2_hookspecs import (
    Accepted,
    NotReady,
    OutcomeUnknown,
    Platform,
    PollsPublish,
    Published,
    RateLimited,
    Rejected,
    Staged,
    Unauthorized,
)

__all__ = ("Delivery",)

log = structlog.get_logger(__name__)

# Uploads of large files take long; an adapter that hangs must not hold its place for ever.
STAGE_SECONDS = 12 * 3600.0


class Delivery:
    """Works on claimed jobs. One object serves a whole worker; it keeps nothing between jobs.

    Args:
        database: Where the truth is.
        plugins: The networks.
        broker: Access tokens.
        clients: HTTP.
        storage: Files.
        links: Addresses from which networks fetch files.
        worker: Name of the worker, for the ledger.
        lease_seconds: Length of a lease, counted anew from the mark.
        send_seconds: How long the irreversible request may last.
        patience: How passing faults are waited for.
    """

    def __init__(
        self,
        *,
        database: Database,
        plugins: PluginHost,
        broker: TokenBroker,
        clients: Clients,
        storage: Storage,
        links: MediaLinks,
        worker: str,
        lease_seconds: float,
        send_seconds: float,
        patience: Patience,
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._broker = broker
        self._clients = clients
        self._storage = storage
        self._links = links
        self._worker = worker
        self._lease_seconds = lease_seconds
        self._send_seconds = send_seconds
        self._patience = patience

    async def deliver(self, lease: Lease, marked: Callable[[], None]) -> None:
        """Works on a job until it is final, waits for something, or belongs to somebody else.

        Args:
            lease: The claim.
            marked: Called when a pre-commit mark is about to be written: from then on an
                interruption leaves an unknown outcome behind.
        """
        renewed = False
        while True:
            work = await self._database.run(
                lease.tenant, lambda scope: ledger.begin(scope, lease, self._worker)
            )
            if work is None:
                return
            try:
                availability.available(self._plugins, work.account.platform, work.plugins_off)
            except UnknownPlatform as error:
                await self._written(
                    lease, partial(parking.park, lease=lease, work=work, error=error)
                )
                return
            # What answers told about quotas is written down after the outcome: that comes first.
            async with AsyncExitStack() as afterwards:
                try:
                    result = await self._attempt(lease, work, marked, afterwards)
                except Unauthorized as error:
                    result, renewed = await self._unauthorized(lease, work, error, renewed=renewed)
                except LeaseLost:
                    result = Settlement(outcome="abandoned", part_state=work.part.state)
                    await self._written(
                        lease, partial(late.keep, lease=lease, work=work, result=result)
                    )
                    log.info("lease_lost", job=str(lease.job_id), attempt=str(work.attempt_id))
                    return
                if not await self._settle(lease, work, result):
                    return
            if not result.continues:
                return

    async def _attempt(
        self,
        lease: Lease,
        work: Work,
        marked: Callable[[], None],
        afterwards: AsyncExitStack,
    ) -> Settlement:
        if work.kind == "publish" and lateness.too_late(work):
            return lateness.missed(work)
        platform = self._plugins.platform(work.account.platform)
        if work.account_status != "connected":
            reason = work.account_reason or f"The account is {work.account_status}."
            return outcomes.failed(work, Unauthorized(reason), self._patience)
        try:
            access = await self._broker.access(lease.tenant, work.account, work.grant)
        except Unauthorized as error:
            return outcomes.failed(work, error, self._patience)
        except Exception as error:  # noqa: BLE001 - a renewal that fails in passing is waited for
            return outcomes.failed(work, outcomes.passing(error), self._patience)
        meter = Meter(self._database, platform, _subject(work))
        afterwards.push_async_callback(meter.close)
        async with self._context(lease, work, access, meter) as ctx:
            if work.kind == "find":
                return await self._find(platform, lease.tenant, work, ctx)
            if work.kind == "poll":
                return await self._poll(platform, work, ctx)
            return await self._publish(platform, lease, work, ctx, marked)

    async def _publish(
        self,
        platform: Platform,
        lease: Lease,
        work: Work,
        ctx: PartContext,
        marked: Callable[[], None],
    ) -> Settlement:
        staged = work.part.staged
        if staged is None:
            try:
                options = msgspec.convert(work.options, platform.options)
                async with asyncio.timeout(STAGE_SECONDS):
                    staged = dict((await platform.stage(part_of(work, options), ctx)).data)
            except (Unauthorized, LeaseLost):
                raise
            except NotReady as error:
                since = await self._database.run(
                    lease.tenant, lambda scope: history.preparing_for(scope, work)
                )
                return outcomes.preparing(work, error, since)
            except Exception as error:  # noqa: BLE001 - before the mark nothing happened, whatever it is
                anew = inherited.begun_anew(work, self._version(work), error)
                return anew or await self._failed(work, outcomes.passing(error), ctx)
        deadline = Deadline(self._send_seconds)
        marked()
        try:
            await self._database.run(
                lease.tenant,
                lambda scope: ledger.mark(
                    scope,
                    lease,
                    work,
                    staged,
                    plugin_version=self._version(work),
                    lease_seconds=self._lease_seconds,
                    send_seconds=self._send_seconds,
                ),
            )
        except asyncpg.DataError as error:
            refused = Rejected(f"What was prepared cannot be stored: {error}.")
            return outcomes.failed(work, refused, self._patience)
        try:
            answer = await self._send(platform, staged, ctx, deadline)
        except Unauthorized:
            raise
        except Exception as error:  # noqa: BLE001 - after the mark all that is unclear is unknown
            return await self._failed(work, error, ctx)
        if isinstance(answer, Published):
            return answers.published(work, answer)
        return answers.accepted(answer)

    async def _send(
        self, platform: Platform, staged: dict[str, Any], ctx: PartContext, deadline: Deadline
    ) -> Any:
        # A process that slept between mark and send (SIGSTOP, a suspended machine) wakes up here.
        left = deadline.left()
        if left <= 0:
            raise OutcomeUnknown("The worker woke up after the deadline of this send.")
        async with asyncio.timeout(left):
            answer = await platform.publish(Staged(data=staged), ctx)
        if not isinstance(answer, Published | Accepted):
            raise OutcomeUnknown(f"The adapter returned {type(answer).__name__}.")
        return answer

    async def _find(
        self, platform: Platform, tenant: Tenant, work: Work, ctx: PartContext
    ) -> Settlement:
        asked = await self._database.run(
            tenant, lambda scope: history.questions_since_send(scope, work)
        )
        return await self._asked(
            work,
            ctx,
            lambda: platform.find(Staged(data=work.part.staged or {}), ctx),
            lambda answer: answers.found(work, answer, self._patience, asked=asked),
        )

    async def _poll(self, platform: Platform, work: Work, ctx: PartContext) -> Settlement:
        if not isinstance(platform, PollsPublish):
            return answers.unconfirmed(f"{platform.title} cannot be asked what became of the post.")

        return await self._asked(
            work,
            ctx,
            lambda: platform.poll(work.part.handle or {}, ctx),
            lambda answer: answers.polled(work, answer),
        )

    async def _asked(
        self,
        work: Work,
        ctx: PartContext,
        ask: Callable[[], Awaitable[Any]],
        judged: Callable[[Any], Settlement],
    ) -> Settlement:
        try:
            async with asyncio.timeout(self._send_seconds):
                return judged(await ask())
        except Unauthorized:
            raise
        except Exception as error:  # noqa: BLE001 - a question that failed is asked again later
            foreign = inherited.unreadable(work, self._version(work), error)
            return foreign or await self._failed(work, error, ctx)

    def _version(self, work: Work) -> str:
        plugin = self._plugins.plugin_of(work.account.platform)
        return "" if plugin is None else plugin.version

    async def _failed(self, work: Work, error: Exception, ctx: PartContext) -> Settlement:
        if isinstance(error, RateLimited):  # Nothing happened, so there is time to tell the others.
            await ctx.meter.refused(error)
        return outcomes.failed(work, error, self._patience)

    async def _unauthorized(
        self, lease: Lease, work: Work, error: Unauthorized, *, renewed: bool
    ) -> tuple[Settlement, bool]:
        """The network refused the token: renew it once, then give up and say so."""
        grant = work.grant
        if grant is not None and not renewed and not error.revoked:
            try:
                await self._broker.renew(lease.tenant, work.account, grant.version)
            except Unauthorized as refused:
                return outcomes.failed(work, refused, self._patience), True
            except Exception as passing:  # noqa: BLE001 - the renewal is tried again later
                return outcomes.failed(work, outcomes.passing(passing), self._patience), True
            return outcomes.again(work, error, "it was renewed"), True
        seen = grant.version if grant is not None else None
        if (
            await self._broker.expire(lease.tenant, work.account, error.message, seen=seen)
            or renewed
        ):
            return outcomes.failed(work, error, self._patience), renewed
        # Somebody connected the account anew, or marked it, since this attempt began.
        return outcomes.again(work, error, "the account has changed since"), True

    async def _settle(self, lease: Lease, work: Work, result: Settlement) -> bool:
        result = comments.spared(work, result)
        log.info(
            "attempt_settled",
            job=str(lease.job_id),
            part=work.part.position,
            kind=work.kind,
            outcome=result.outcome,
            state=result.job_state,
            post=result.post.id if result.post else None,
        )
        try:
            await self._written(lease, lambda scope: ledger.settle(scope, lease, work, result))
        except LeaseLost:
            await self._written(lease, lambda scope: late.keep(scope, lease, work, result))
            log.warning("late_outcome", job=str(lease.job_id), outcome=result.outcome)
            return False
        return True

    async def _written(self, lease: Lease, work: Callable[[Scope], Awaitable[None]]) -> None:
        await persistence.written(self._database, lease, work, seconds=self._lease_seconds)

    def _context(self, lease: Lease, work: Work, access: Access, meter: Meter) -> PartContext:
        return PartContext(
            account=work.account,
            clients=self._clients,
            token=access.token,
            meter=meter,
            journal=work.part.journal,
            save=journal.saver(self._database, lease, work, plugin_version=self._version(work)),
            storage=self._storage,
            links=self._links,
            tenant=lease.tenant,
        )


def _subject(work: Work) -> Subject:
    return Subject(
        platform=work.account.platform,
        account=work.account.platform_account_id,
        app=(work.grant.client_id if work.grant else None) or "",
    )
