"""The token broker: the one place where grants are opened, renewed and stored.

Renewing a rotating token is the risky moment: the network forgets the old one the instant it answers.
So a renewal is led by one process at a time, through a lease with a fencing number in the grant's
row; a mark is written before the request leaves; and a stored grant is replaced by a better one or by
nothing at all. A process that dies between the network's rotation and our commit has lost the new
token: the next renewal is refused, and the account says "reconnect" instead of failing in silence.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from mpcas2_core.accounts import grants, leases, store
from mpcas2_core.accounts.access import Access, GrantRow, ReconnectNeeded
from mpcas2_core.accounts.apps import OAuthApps
from mpcas2_core.accounts.renewal import AnswerLost, ask
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.outbound.clients import Clients
from mpcas2_core.plugins import PluginHost
from mpcas2_core.vault import Vault
from mpcas2_hookspecs import (
    Account,
    Grant,
    PlatformError,
    RefreshesGrant,
    Unauthorized,
    Unavailable,
)

__all__ = ("Access", "GrantRow", "ReconnectNeeded", "TokenBroker")

log = structlog.get_logger(__name__)

PURPOSE = "grant"
# Renewed this long before the end, so that a request never travels with a token about to end.
EARLY = timedelta(seconds=60)
LEASE_SECONDS = 30.0
REQUEST_SECONDS = 20.0
# Longest wait for another process that renews.
WAIT_SECONDS = 60.0
# How long a new grant waits for a database that is away: the network takes no other one any more.
STORE_SECONDS = 60.0


class TokenBroker:
    """Opens, renews and stores grants.

    Args:
        database: Where the grants are.
        vault: Seals them.
        plugins: Know how a renewal is asked for.
        clients: Send it.
        apps: The apps that grants were given to.
        lease_seconds: How long a renewal belongs to one process.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        plugins: PluginHost,
        clients: Clients,
        apps: OAuthApps,
        *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        self._database = database
        self._vault = vault
        self._plugins = plugins
        self._clients = clients
        self._apps = apps
        self._lease = lease_seconds
        self._renewals: dict[tuple[str, int], asyncio.Task[Access]] = {}

    async def close(self) -> None:
        """Lets the renewals of this process end; a network's answer would be lost with them."""
        await asyncio.gather(*self._renewals.values(), return_exceptions=True)

    async def store(
        self,
        scope: Scope,
        account_id: UUID,
        grant: Grant,
        *,
        client_id: str | None = None,
        server: str = "",
    ) -> None:
        """Stores the grant of a fresh connection; the vault was loaded for the tenant before.

        Args:
            scope: The tenant's scope.
            account_id: Whose grant.
            grant: The grant.
            client_id: The app that it was given to; None for one that came from a form.
            server: The server that the app is registered with; empty where there is only one.
        """
        sealed = self._vault.seal(scope.tenant, PURPOSE, msgspec.json.encode(grant))
        await grants.put(scope, account_id, sealed, grant, client_id, server)

    async def erase(self, scope: Scope, account_id: UUID) -> None:
        """Removes the grant of an account that is being disconnected."""
        await scope.execute("DELETE FROM grants WHERE account_id = $1", account_id)

    async def access(self, tenant: Tenant, account: Account, row: GrantRow | None) -> Access:
        """Gives an access token that is good for a while, renewing the grant when it is not.

        Args:
            tenant: Whose account it is.
            account: For whom.
            row: The stored grant, as read with the job; None when there is none.

        Raises:
            ReconnectNeeded: The grant is gone; the account says so now.
            PlatformError: The renewal failed in passing; the stored grant is untouched.
        """
        if row is None:
            raise ReconnectNeeded("This account has no grant. Connect it again.", revoked=True)
        if row.expires_at is not None and row.expires_at - EARLY <= datetime.now(UTC):
            return await self.renew(tenant, account, row.version)
        grant = await self._open(tenant, row.sealed)
        return Access(token=grant.access_token, version=row.version)

    async def renew(self, tenant: Tenant, account: Account, seen: int) -> Access:
        """Renews a grant, or waits for whoever is renewing it.

        The callers of one process share one renewal and its outcome. A caller that is cancelled
        leaves the renewal running, for the network's answer must be stored.

        Args:
            tenant: Whose account it is.
            account: For whom.
            seen: Version of the grant that turned out to be no good.

        Raises:
            ReconnectNeeded: The grant is gone; the account says so now.
            PlatformError: The renewal failed in passing; the stored grant is untouched.
        """
        key = (account.id, seen)
        renewal = self._renewals.get(key)
        if renewal is None:
            renewal = asyncio.create_task(self._renew(tenant, account, seen))
            self._renewals[key] = renewal
            renewal.add_done_callback(lambda task: self._renewed(key, task))
        return await asyncio.shield(renewal)

    async def expire(
        self, tenant: Tenant, account: Account, message: str, *, seen: int | None
    ) -> bool:
        """Marks an account as expired because the network refused its grant.

        Args:
            tenant: Whose account it is.
            account: Which.
            message: What the network said.
            seen: Version of the grant that was refused; a newer one is not blamed for it.

        Returns:
            Whether this call did it: the first one for this version of the grant.
        """
        reason = message if "onnect" in message else f"{message} Connect the account again."
        done = await self._database.run(
            tenant,
            lambda scope: store.mark_status(
                scope, UUID(account.id), "expired", reason, grant_version=seen
            ),
        )
        if done:
            log.warning("account_expired", account=account.id, platform=account.platform)
        return done

    def _renewed(self, key: tuple[str, int], task: asyncio.Task[Access]) -> None:
        del self._renewals[key]
        if not task.cancelled():
            # Looked at here, or asyncio complains when every caller was cancelled.
            task.exception()

    async def _renew(self, tenant: Tenant, account: Account, seen: int) -> Access:
        clock = asyncio.get_running_loop().time
        deadline = clock() + WAIT_SECONDS
        while True:
            state = await self._database.run(
                tenant,
                lambda scope: leases.try_lead(scope, UUID(account.id), seen, seconds=self._lease),
            )
            if state["newer"]:
                grant = await self._open(tenant, state["sealed"])
                return Access(token=grant.access_token, version=state["version"])
            if state["leads"]:
                access = await self._lead(tenant, account, state)
                if access is not None:
                    return access
            if clock() > deadline:
                raise Unavailable("Another process has been renewing this grant for too long.")
            # Somebody else leads. A short, uneven pause keeps the waiters from marching in step.
            await asyncio.sleep(random.uniform(0.03, 0.09))  # noqa: S311 - not a secret

    async def _lead(self, tenant: Tenant, account: Account, state: dict[str, Any]) -> Access | None:
        """Renews as the leader; None when the grant turned out to be somebody else's by now."""
        interrupted = state["refresh_started_at"] is not None
        try:
            old = await self._open(tenant, state["sealed"])
            platform = self._plugins.platform(account.platform)
            app = await self._apps.of_grant(
                tenant, account.platform, state["client_id"], state["server"]
            )
        except Exception:
            # Nothing was sent: what an earlier renewal left open stays open, and nothing else does.
            await self._let_go(tenant, account, state["fence"], answered=not interrupted)
            raise
        if not isinstance(platform, RefreshesGrant) or old.refresh_token is None:
            message = "The network refused the grant, and it cannot be renewed. Connect it again."
            if not await self._give_up(tenant, account, state["fence"], message):
                return None
            raise ReconnectNeeded(message, revoked=True)
        try:
            new = await ask(
                self._clients,
                platform,
                account,
                old,
                app,
                seconds=min(REQUEST_SECONDS, self._lease * 0.8),
            )
        except Unauthorized as error:
            message = f"{error.message} Connect the account again."
            if interrupted:
                message = (
                    "A renewal of the grant was interrupted, and the network no longer takes the old "
                    f"one ({error.message}). Reconnect the account."
                )
            if not await self._give_up(tenant, account, state["fence"], message):
                return None
            raise ReconnectNeeded(message, code=error.code, revoked=True) from error
        except AnswerLost as error:
            # The mark stays: the network may have rotated the token without our hearing of it.
            await self._let_go(tenant, account, state["fence"], answered=False)
            raise Unavailable(error.message) from error
        except PlatformError:
            await self._let_go(tenant, account, state["fence"], answered=True)
            raise
        except Exception:
            # The adapter could not build its request, see `ask`.
            await self._let_go(tenant, account, state["fence"], answered=not interrupted)
            raise
        # A token that renews itself is followed by the new one, never by itself.
        kept = new.access_token if old.refresh_token == old.access_token else old.refresh_token
        merged = msgspec.structs.replace(new, refresh_token=new.refresh_token or kept)
        version = await self._keep(tenant, account, state["fence"], merged)
        if version is None:
            return None
        log.info("grant_renewed", account=account.id, platform=account.platform)
        return Access(token=merged.access_token, version=version)

    async def _keep(self, tenant: Tenant, account: Account, fence: int, grant: Grant) -> int | None:
        """Stores a renewed grant and gives its version; None when the grant is not ours any more.

        The lease may end while the database is away; whoever comes first then takes the grant over.
        """
        clock = asyncio.get_running_loop().time
        deadline = clock() + STORE_SECONDS
        while True:
            try:
                await self._vault.load(self._database, tenant)
                version = await self._database.run(
                    tenant, lambda scope: self._replace(scope, UUID(account.id), fence, grant)
                )
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if clock() > deadline:
                    self._lost(account, f"the database was away too long ({type(error).__name__})")
                    raise
                log.warning("grant_waits", account=account.id, detail=type(error).__name__)
                await asyncio.sleep(random.uniform(0.1, 0.3))  # noqa: S311 - not a secret
            else:
                if version is None:
                    self._lost(account, "the grant was renewed, replaced or removed meanwhile")
                return version

    def _lost(self, account: Account, reason: str) -> None:
        log.error("grant_lost", account=account.id, platform=account.platform, reason=reason)

    async def _replace(
        self, scope: Scope, account_id: UUID, fence: int, grant: Grant
    ) -> int | None:
        sealed = self._vault.seal(scope.tenant, PURPOSE, msgspec.json.encode(grant))
        return await grants.replace(scope, account_id, fence, sealed, grant)

    async def _let_go(
        self, tenant: Tenant, account: Account, fence: int, *, answered: bool
    ) -> None:
        await self._database.run(
            tenant,
            lambda scope: leases.let_go(scope, UUID(account.id), fence, answered=answered),
        )

    async def _give_up(self, tenant: Tenant, account: Account, fence: int, message: str) -> bool:
        """Marks the account as expired; False when the grant is not ours any more."""

        async def work(scope: Scope) -> tuple[bool, bool]:
            released = await scope.fetchval(
                "UPDATE grants SET lease_until = NULL, refresh_started_at = NULL "
                "WHERE account_id = $1 AND fence = $2 RETURNING account_id",
                UUID(account.id),
                fence,
            )
            if released is None:
                return False, False
            return True, await store.mark_status(scope, UUID(account.id), "expired", message)

        ours, changed = await self._database.run(tenant, work)
        if changed:
            log.warning("account_expired", account=account.id, platform=account.platform)
        return ours

    async def _open(self, tenant: Tenant, sealed: bytes) -> Grant:
        plain = await self._vault.open(self._database, tenant, PURPOSE, sealed)
        return msgspec.json.decode(plain, type=Grant)
