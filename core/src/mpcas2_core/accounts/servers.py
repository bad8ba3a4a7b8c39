"""Networks of many servers: which one a person means, and the app that is registered there, once.

Several people may connect at the same new server at one moment. One of them holds a lease and asks the
server; the others wait for the app. No transaction is open meanwhile. A lost answer leaves an app there
that nobody uses, and the next one who connects registers another.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Protocol
from uuid import UUID, uuid4

import msgspec
import structlog

from mpcas2_core.accounts import grants
from mpcas2_core.accounts.apps import OAuthApps
from mpcas2_core.accounts.asking import SECONDS, ConnectingContext, asked
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import InvalidInput, NetworkFault
from mpcas2_core.outbound.clients import Clients
from mpcas2_core.vault import Vault
from mpcas2_hookspecs import OAuthApp, Platform, RegistersApp

__all__ = ("ServerApps", "ServerPlatform", "server_named")

log = structlog.get_logger(__name__)

MAX_SERVER_LENGTH = 500
# A little longer than the adapter may take, so that a lease outlasts its holder's request.
LEASE_SECONDS = SECONDS + 10.0
WAIT_SECONDS = 2 * LEASE_SECONDS


class ServerPlatform(Platform, RegistersApp, Protocol):
    """A platform of many servers, for the type checker."""


async def server_named(platform: ServerPlatform, credentials: Mapping[str, str] | None) -> str:
    """Reads which server a person means.

    Args:
        platform: Knows what a server looks like.
        credentials: The one field that the platform asks for.

    Raises:
        InvalidInput: The field is missing, another one is there, or it names no server.
    """
    field = platform.server_field
    given = dict(credentials or {})
    text = (given.pop(field.name, "") or "").strip() or field.default or ""
    if given:
        raise InvalidInput(
            f"{platform.title} does not know the field {min(given)!r}. It takes: {field.name}.",
            details={"field": f"credentials.{min(given)}"},
        )
    if not text:
        raise InvalidInput(
            f"{field.title} is missing. {field.help}".strip(),
            code="CREDENTIALS_REQUIRED",
            details={"fields": [msgspec.to_builtins(field)]},
        )
    if len(text) > MAX_SERVER_LENGTH:
        raise InvalidInput(
            f"{field.title} is too long.", details={"field": f"credentials.{field.name}"}
        )

    async def read() -> str:
        return platform.server_of(text)

    return await asked(platform, read(), refused="SERVER_REFUSED")


class ServerApps:
    """Finds or registers the app of a tenant at a server.

    Args:
        database: Where apps and leases are.
        vault: Seals the apps' secrets.
        clients: Reach the servers, through the guard: a person names them.
        apps: Keep what was registered.
    """

    def __init__(self, database: Database, vault: Vault, clients: Clients, apps: OAuthApps) -> None:
        self._database = database
        self._vault = vault
        self._clients = clients
        self._apps = apps

    async def asked(
        self,
        tenant: Tenant,
        platform: ServerPlatform,
        credentials: Mapping[str, str] | None,
        wanted_account_id: UUID | None,
    ) -> OAuthApp:
        """Gives the app to send a person to a consent page with.

        Args:
            tenant: Whose account it will be.
            platform: The network.
            credentials: The server, as the person named it.
            wanted_account_id: An account that shall be connected anew: at its own server, unless
                another one is named.

        Raises:
            InvalidInput: No server is named, or it is none of the network's.
            NetworkFault: It cannot be reached now, or lies where nobody may reach.
        """
        server = ""
        if wanted_account_id is not None and not credentials:
            server = await self._database.run(
                tenant, lambda scope: grants.server_of(scope, wanted_account_id)
            )
        return await self.at(tenant, platform, server or await server_named(platform, credentials))

    async def at(self, tenant: Tenant, platform: ServerPlatform, server: str) -> OAuthApp:
        """Gives the tenant's app at a server, registering it when there is none.

        Raises:
            InvalidInput: That is no server of the network, or it registers no apps.
            NetworkFault: It cannot be reached now, or lies where nobody may reach.
        """
        clock = asyncio.get_running_loop().time
        deadline, holder = clock() + WAIT_SECONDS, uuid4()
        while True:
            app = await self._apps.registered(tenant, platform.key, server)
            if app is not None:
                return app
            if await self._database.run(
                tenant, lambda scope: _taken(scope, platform.key, server, holder)
            ):
                return await self._registered(tenant, platform, server, holder)
            if clock() > deadline:
                raise NetworkFault(f"{server} is taking too long to answer. Try again later.")
            # Uneven, so that the waiters do not march in step.
            await asyncio.sleep(random.uniform(0.05, 0.15))  # noqa: S311 - not a secret

    async def _registered(
        self, tenant: Tenant, platform: ServerPlatform, server: str, holder: UUID
    ) -> OAuthApp:
        try:
            # The lease may have been taken right after its last holder had kept an app.
            found = await self._apps.registered(tenant, platform.key, server)
            if found is not None:
                return found
            async with self._clients.bare() as http:
                app = await asked(
                    platform,
                    platform.register_app(
                        server, self._apps.redirect_uri(platform.key), ConnectingContext(http)
                    ),
                    refused="SERVER_REFUSED",
                )
            # Whatever the adapter put there, it is looked up by what `server_of` gave.
            app = msgspec.structs.replace(app, server=server)
            await self._vault.load(self._database, tenant)
            await self._database.run(
                tenant, lambda scope: self._apps.keep(scope, platform.key, app)
            )
        finally:
            await self._database.run(
                tenant,
                lambda scope: scope.execute(
                    "DELETE FROM app_registrations "
                    "WHERE platform = $1 AND server = $2 AND holder = $3",
                    platform.key,
                    server,
                    holder,
                ),
            )
        log.info("app_registered", platform=platform.key, server=server)
        return app


async def _taken(scope: Scope, platform: str, server: str, holder: UUID) -> bool:
    taken = await scope.fetchval(
        "INSERT INTO app_registrations AS r (platform, server, holder, held_until) "
        "VALUES ($1, $2, $3, now() + make_interval(secs => $4)) "
        "ON CONFLICT (platform, server) DO UPDATE SET holder = excluded.holder, "
        "held_until = excluded.held_until WHERE r.held_until <= now() RETURNING holder",
        platform,
        server,
        holder,
        LEASE_SECONDS,
    )
    return taken is not None
