"""Connecting, listing and disconnecting accounts."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec
import uuid_utils.compat as uuids

from mpcas2_core.accounts import store as rows
from mpcas2_core.accounts.asking import ConnectingContext, asked
from mpcas2_core.accounts.broker import TokenBroker
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.errors import InvalidInput, NotFound
from mpcas2_core.outbound.clients import Clients
from mpcas2_core.plugins import PluginHost, availability
from mpcas2_core.vault import Vault
from mpcas2_hookspecs import Connection, ConnectsOAuth, ConnectsWithForm

__all__ = ("Accounts", "Disconnected")

MAX_CREDENTIAL_LENGTH = 4096


class Disconnected(msgspec.Struct, frozen=True, kw_only=True):
    """What disconnecting an account did."""

    account: rows.AccountRow
    cancelled_jobs: tuple[UUID, ...]


class Accounts:
    """The connected accounts of tenants.

    Args:
        database: Where they are.
        vault: Seals their grants.
        plugins: Know the networks.
        clients: Reach the networks.
        broker: Keeps the grants.
    """

    def __init__(
        self,
        database: Database,
        vault: Vault,
        plugins: PluginHost,
        clients: Clients,
        broker: TokenBroker,
    ) -> None:
        self._database = database
        self._vault = vault
        self._plugins = plugins
        self._clients = clients
        self._broker = broker

    async def authorize(
        self, tenant: Tenant, platform_key: str, credentials: Mapping[str, str] | None
    ) -> Connection:
        """Trades credentials for an account and a grant, at the network. Stores nothing.

        Args:
            tenant: Whose account it will be; its keys are made ready for :meth:`store`.
            platform_key: Which network.
            credentials: The filled-in form.

        Raises:
            InvalidInput: Unknown network, missing or unknown fields, or wrong credentials.
            NetworkFault: The network cannot be reached now, or its plugin failed.
        """
        platform = await availability.require(self._database, self._plugins, tenant, platform_key)
        if isinstance(platform, ConnectsOAuth) and not isinstance(platform, ConnectsWithForm):
            raise InvalidInput(
                f"{platform.title} is connected on its own consent page. Leave the credentials out.",
                code="CONNECT_WITH_CONSENT",
                details={"field": "credentials"},
            )
        if not isinstance(platform, ConnectsWithForm):
            raise InvalidInput(
                f"{platform.title} cannot be connected with a form.", code="CONNECT_UNSUPPORTED"
            )
        filled = _filled(platform, platform_key, credentials)
        await self._vault.load(self._database, tenant)
        async with self._clients.bare() as http:
            return await asked(
                platform,
                platform.connect(filled, ConnectingContext(http)),
                refused="CREDENTIALS_REFUSED",
            )

    async def store(
        self,
        scope: Scope,
        user_id: UUID,
        platform_key: str,
        connection: Connection,
        *,
        client_id: str | None = None,
        server: str = "",
    ) -> tuple[rows.AccountRow, bool]:
        """Stores what :meth:`authorize` gave, or what a consent page ended with.

        Args:
            scope: The tenant's scope; the vault was loaded for the tenant before.
            user_id: Who connects.
            platform_key: Which network.
            connection: The account and its grant.
            client_id: The app that the grant was given to; None for a form.
            server: The server that the app is registered with; empty where there is only one.

        Returns:
            The account, and whether it is new; a standing one keeps its id and its jobs.
        """
        row, is_new = await rows.upsert(
            scope, uuids.uuid7(), user_id, platform_key, connection.profile
        )
        await self._broker.store(
            scope, row.id, connection.grant, client_id=client_id, server=server
        )
        # Read again: what the grant tells was not known to the account's row before.
        return await self.get(scope, row.id), is_new

    async def get(self, scope: Scope, account_id: UUID) -> rows.AccountRow:
        """Gives one account.

        Raises:
            NotFound: The tenant has none of that id.
        """
        row = await rows.get(scope, account_id)
        if row is None:
            raise NotFound(f"There is no account {account_id}. List them to see which there are.")
        return row

    async def set_late_policy(
        self, scope: Scope, account_id: UUID, policy: rows.LatePolicy
    ) -> rows.AccountRow:
        """Changes what becomes of posts whose time passed while nothing ran.

        Raises:
            NotFound: The tenant has no such account.
        """
        row = await rows.set_late_policy(scope, account_id, policy)
        if row is None:
            raise NotFound(f"There is no account {account_id}. List them to see which there are.")
        return row

    async def disconnect(self, scope: Scope, user_id: UUID, account_id: UUID) -> Disconnected:
        """Erases the account's grant and cancels what waits to be posted with it.

        Raises:
            NotFound: The tenant has no such account.
            Conflict: A post is being sent at this moment.
        """
        from mpcas2_core.publishing.actions import cancel_pending  # noqa: PLC0415 - a cycle else

        row = await self.get(scope, account_id)
        cancelled = await cancel_pending(
            scope, user_id, account_id=account_id, reason=f"@{row.username} was disconnected."
        )
        await self._broker.erase(scope, account_id)
        await scope.execute(
            "UPDATE social_accounts SET status = 'disconnected', updated_at = now(), "
            "status_reason = 'Disconnected by a user. Connect it again to post with it.' "
            "WHERE id = $1",
            account_id,
        )
        return Disconnected(account=await self.get(scope, account_id), cancelled_jobs=cancelled)


def _filled(
    platform: ConnectsWithForm, key: str, credentials: Mapping[str, str] | None
) -> dict[str, str]:
    fields = {field.name: field for field in platform.connect_form}
    if credentials is None:
        raise InvalidInput(
            f"Connecting {key} needs credentials: {', '.join(fields)}.",
            code="CREDENTIALS_REQUIRED",
            details={"fields": [msgspec.to_builtins(field) for field in fields.values()]},
        )
    unknown = sorted(set(credentials) - set(fields))
    if unknown:
        raise InvalidInput(
            f"{key} does not know the field {unknown[0]!r}. It takes: {', '.join(fields)}.",
            details={"field": f"credentials.{unknown[0]}"},
        )
    filled: dict[str, str] = {}
    for name, field in fields.items():
        value = credentials.get(name, "").strip() or field.default or ""
        if not value and field.required:
            raise InvalidInput(
                f"{field.title} is missing. {field.help}".strip(),
                details={"field": f"credentials.{name}"},
            )
        if len(value) > MAX_CREDENTIAL_LENGTH:
            raise InvalidInput(f"{field.title} is too long.", details={"field": name})
        if value:
            filled[name] = value
    return filled
