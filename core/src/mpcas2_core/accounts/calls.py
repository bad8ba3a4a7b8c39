"""Asks a network something for a connected account: with a good token, and in words for whoever waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

import structlog

from mpcas2_core.accounts import store
from mpcas2_core.accounts.access import Access, GrantRow
from mpcas2_core.accounts.broker import TokenBroker
from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import Conflict, InvalidInput, NetworkFault, NotFound
from mpcas2_core.outbound.clients import Clients
from mpcas2_core.plugins import PluginHost
from mpcas2_core.publishing.context import WorkingContext
from mpcas2_core.quotas import Meter, Subject
from mpcas2_hookspecs import Platform, PlatformError, RateLimited, Rejected, Unauthorized

__all__ = ("AccountCalls",)

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

# How much of an app's quota such questions may use: what is planned needs the rest.
SHARE = 0.5


class AccountCalls:
    """Calls adapters for connected accounts.

    Args:
        database: Where accounts and grants are.
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

    async def ask(
        self,
        tenant: Tenant,
        account_id: UUID,
        question: Callable[[Platform], Callable[[WorkingContext], Awaitable[_T]]],
        *,
        seconds: float,
    ) -> _T:
        """Calls an adapter with a good token, renewing a refused one once.

        Args:
            tenant: Whose account.
            account_id: Which account.
            question: Gives what to call of the account's platform; it raises when the platform has
                no such ability.
            seconds: How long the answer may take.

        Raises:
            NotFound: No such account.
            Conflict: It is not connected, or not any more.
            InvalidInput: The network said no.
            NetworkFault: The network cannot be reached now, or its plugin failed.
        """
        account, grant = await self._connected(tenant, account_id)
        platform = self._plugins.platform(account.platform)
        call, seen = question(platform), account.for_adapter()
        subject = Subject(
            platform=platform.key, account=account.platform_account_id, app=grant.client_id or ""
        )
        meter = Meter(self._database, platform, subject, share=SHARE)

        async def with_token(access: Access) -> _T:
            async with (
                asyncio.timeout(seconds),
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
            raise NetworkFault(error.message) from error
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
                f"{platform.title} did not answer within {seconds:.0f} seconds. Ask again later."
            ) from error
        except Exception as error:
            log.exception("adapter_failed", platform=platform.key)
            raise NetworkFault(
                f"The plugin for {platform.title} failed ({type(error).__name__}); the server's log "
                "says where. Ask again later."
            ) from error
        finally:
            await meter.close()

    async def _connected(self, tenant: Tenant, account_id: UUID) -> tuple[AccountRow, GrantRow]:
        async def work(scope: Scope) -> tuple[AccountRow | None, GrantRow | None]:
            row = await scope.fetchrow(
                "SELECT sealed, version, expires_at, client_id FROM grants WHERE account_id = $1",
                account_id,
            )
            return await store.get(scope, account_id), GrantRow(**dict(row)) if row else None

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
