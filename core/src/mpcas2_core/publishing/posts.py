"""What can be done with an account and its published posts: places, figures, taking posts down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

import msgspec
import structlog

from mpcas2_core.accounts import AccountRow, TokenBroker
from mpcas2_core.accounts import store as accounts
from mpcas2_core.accounts.access import Access, GrantRow
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import Conflict, InvalidInput, NetworkFault, NotFound
from mpcas2_core.outbound import Clients
from mpcas2_core.plugins import PluginHost
from mpcas2_core.publishing import events, jobs
from mpcas2_core.publishing.context import WorkingContext
from mpcas2_core.publishing.jobs import JobRow
from mpcas2_core.quotas import Meter, Subject
from mpcas2_hookspecs import (
    CollectsMetrics,
    DeletesPosts,
    ListsTargets,
    Platform,
    PlatformError,
    PostMetrics,
    Published,
    RateLimited,
    Rejected,
    Unauthorized,
)
from mpcas2_hookspecs import Target as Place

log = structlog.get_logger(__name__)

__all__ = ("PartMetrics", "PublishedPosts")

_T = TypeVar("_T")

# Nothing goes out any more in these states.
FINAL = frozenset({"published", "failed", "cancelled"})
# How much of an app's quota questions of people may use: what is planned needs the rest.
SHARE = 0.5
# A person waits for the answer.
SECONDS = 30.0


class PartMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """How one part of a post does.

    Attributes:
        index: The part.
        post_id: The network's id.
        post_url: Where a person sees it.
        metrics: The figures; None when the network no longer has the post.
    """

    index: int
    post_id: str
    post_url: str | None
    metrics: PostMetrics | None


class _PublicPart(msgspec.Struct, frozen=True, kw_only=True):
    index: int
    is_comment: bool
    post: Published


class PublishedPosts:
    """Asks networks about accounts and published posts, while a person waits.

    Args:
        database: Where they are.
        plugins: The networks.
        broker: Access tokens.
        clients: HTTP.
    """

    def __init__(
        self, database: Database, plugins: PluginHost, broker: TokenBroker, clients: Clients
    ) -> None:
        self._database = database
        self._plugins = plugins
        self._broker = broker
        self._clients = clients

    async def places(self, tenant: Tenant, account_id: UUID) -> Sequence[Place]:
        """Lists the playlists, boards and so on that a post of this account can go to.

        Raises:
            NotFound: No such account.
            InvalidInput: The network has no such places.
            NetworkFault: The network refused or cannot be reached.
        """
        account, grant = await self._account(tenant, account_id)
        platform = self._plugins.platform(account.platform)
        if not isinstance(platform, ListsTargets):
            raise InvalidInput(
                f"{platform.title} has no places inside an account.", code="TARGETS_UNSUPPORTED"
            )
        return await self._asked(tenant, account, grant, platform, platform.targets)

    async def metrics(self, tenant: Tenant, job_id: UUID) -> list[PartMetrics]:
        """Reads the figures of a published post from the network, now.

        Raises:
            NotFound: No such job.
            Conflict: Nothing of it is published.
            InvalidInput: The network tells no figures.
            NetworkFault: The network refused or cannot be reached.
        """
        job, parts = await self._published(tenant, job_id)
        account, grant = await self._account(tenant, job.social_account_id)
        platform = self._plugins.platform(job.platform)
        if not isinstance(platform, CollectsMetrics):
            raise InvalidInput(
                f"{platform.title} tells no figures through this plugin.",
                code="METRICS_UNSUPPORTED",
            )
        collects, posts = platform, [one for one in parts if not one.is_comment]
        found = await self._asked(
            tenant,
            account,
            grant,
            platform,
            lambda ctx: collects.metrics([one.post for one in posts], ctx),
        )
        return [
            PartMetrics(
                index=one.index,
                post_id=one.post.id,
                post_url=one.post.url,
                metrics=found.get(one.post.id),
            )
            for one in posts
        ]

    async def delete(self, tenant: Tenant, user_id: UUID, job_id: UUID) -> JobRow:
        """Takes a published post down from its network, a thread from its end.

        It may be asked again: what is gone already is no error.

        Raises:
            NotFound: No such job.
            Conflict: Nothing of it is published.
            InvalidInput: The network lets nobody take posts down.
            NetworkFault: The network refused or cannot be reached; ask again.
        """
        job, parts = await self._published(tenant, job_id)
        if job.state not in FINAL:
            raise Conflict(
                f"This job is {job.state}: something of it may still go out. Cancel it, or wait until "
                "it is final, then take it down.",
                code="JOB_STATE",
                details={"state": job.state},
            )
        if job.deleted_at is not None:
            return job
        account, grant = await self._account(tenant, job.social_account_id)
        platform = self._plugins.platform(job.platform)
        if not isinstance(platform, DeletesPosts):
            raise InvalidInput(
                f"{platform.title} does not let programs take posts down. Do it there by hand.",
                code="DELETE_UNSUPPORTED",
            )
        deletes, title = platform, platform.title

        async def all_parts(ctx: WorkingContext) -> None:
            for part in reversed(parts):
                try:
                    await deletes.delete(part.post, ctx)
                except Rejected:
                    # Where comments cannot be taken down alone, they go with their post.
                    if not part.is_comment:
                        raise

        await self._asked(tenant, account, grant, platform, all_parts)

        async def work(scope: Scope) -> JobRow:
            changed = await scope.fetchval(
                "UPDATE publish_jobs SET deleted_at = now(), updated_at = now() "
                "WHERE id = $1 AND deleted_at IS NULL RETURNING id",
                job_id,
            )
            if changed is not None:
                message = f"Taken down from {title}."
                await events.add(scope, job_id, "post_deleted", message, user_id=user_id)
            return await jobs.get(scope, job_id)

        return await self._database.run(tenant, work)

    async def _published(self, tenant: Tenant, job_id: UUID) -> tuple[JobRow, list[_PublicPart]]:
        async def work(scope: Scope) -> tuple[JobRow, list[_PublicPart]]:
            job = await jobs.get(scope, job_id)
            rows = await scope.fetch(
                "SELECT position, role, post_id, post_url, post_data FROM publish_parts "
                "WHERE job_id = $1 AND state = 'published' AND post_id IS NOT NULL "
                "ORDER BY position",
                job_id,
            )
            return job, [
                _PublicPart(
                    index=row["position"],
                    is_comment=row["role"] == "comment",
                    post=Published(
                        id=row["post_id"], url=row["post_url"], data=row["post_data"] or {}
                    ),
                )
                for row in rows
            ]

        job, parts = await self._database.run(tenant, work)
        if not parts:
            raise Conflict(
                f"Nothing of this job is published; it is {job.state}.",
                code="JOB_STATE",
                details={"state": job.state},
            )
        return job, parts

    async def _account(self, tenant: Tenant, account_id: UUID) -> tuple[AccountRow, GrantRow]:
        async def work(scope: Scope) -> tuple[AccountRow | None, GrantRow | None]:
            row = await scope.fetchrow(
                "SELECT sealed, version, expires_at, client_id FROM grants WHERE account_id = $1",
                account_id,
            )
            return await accounts.get(scope, account_id), GrantRow(**dict(row)) if row else None

        account, grant = await self._database.run(tenant, work)
        if account is None:
            raise NotFound(f"There is no account {account_id}. List them to see which there are.")
        if account.status != "connected" or grant is None:
            raise Conflict(
                f"@{account.username} is {account.status}. "
                f"{account.status_reason or 'Connect it again.'}",
                code="ACCOUNT_NOT_CONNECTED",
            )
        return account, grant

    async def _asked(
        self,
        tenant: Tenant,
        account: AccountRow,
        grant: GrantRow,
        platform: Platform,
        call: Callable[[WorkingContext], Awaitable[_T]],
    ) -> _T:
        """Calls the adapter with a good token, renewing a refused one once."""
        seen = account.for_adapter()
        meter = Meter(
            self._database,
            platform,
            Subject(
                platform=platform.key,
                account=account.platform_account_id,
                app=grant.client_id or "",
            ),
            share=SHARE,
        )

        async def with_token(access: Access) -> _T:
            async with (
                asyncio.timeout(SECONDS),
                WorkingContext(
                    account=seen, clients=self._clients, token=access.token, meter=meter
                ) as ctx,
            ):
                return await call(ctx)

        try:
            access = await self._broker.access(tenant, seen, grant)
            try:
                return await with_token(access)
            except Unauthorized as refused:
                if refused.revoked:
                    raise
                return await with_token(await self._broker.renew(tenant, seen, access.version))
        except RateLimited as error:
            await meter.refused(error)
            raise NetworkFault(error.message, details=_when(error)) from error
        except Rejected as error:
            raise InvalidInput(error.message, code="NETWORK_REFUSED") from error
        except Unauthorized as error:
            await self._broker.expire(tenant, seen, error.message, seen=grant.version)
            raise Conflict(
                f"{error.message} Connect the account again.", code="ACCOUNT_NOT_CONNECTED"
            ) from error
        except PlatformError as error:
            raise NetworkFault(error.message) from error
        except TimeoutError as error:
            raise NetworkFault(
                f"{platform.title} did not answer within {SECONDS:.0f} seconds. Ask again later."
            ) from error
        except Exception as error:
            log.exception("adapter_failed", platform=platform.key)
            raise NetworkFault(
                f"The plugin for {platform.title} failed ({type(error).__name__}); the server's log "
                "says where. Ask again later."
            ) from error
        finally:
            await meter.close()


def _when(error: RateLimited) -> dict[str, float] | None:
    return None if error.retry_after is None else {"retryAfter": round(error.retry_after, 1)}
