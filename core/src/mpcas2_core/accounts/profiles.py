"""What is known of a connected account, read anew: its name, its picture, what it may do now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog

from mpcas2_core.accounts import store
from mpcas2_core.accounts.calls import AccountCalls
from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Tenant
from mpcas2_core.errors import EngineError, InvalidInput, NetworkFault, NotFound
from mpcas2_core.plugins import PluginHost
from mpcas2_core.publishing.context import WorkingContext
from mpcas2_hookspecs import AccountProfile, Platform, ReadsProfile

__all__ = ("Profiles",)

log = structlog.get_logger(__name__)

SECONDS = 30.0
# A person composes and waits; what is known serves if the network is slow.
COMPOSING_SECONDS = 8.0


class Profiles:
    """Reads profiles of connected accounts and keeps them.

    Args:
        database: Where accounts are.
        plugins: Know which networks tell a profile.
        calls: Ask the networks.
    """

    def __init__(self, database: Database, plugins: PluginHost, calls: AccountCalls) -> None:
        self._database = database
        self._plugins = plugins
        self._calls = calls

    def platforms(self) -> list[str]:
        """Names the networks that tell a profile."""
        found = self._plugins.platforms.items()
        return sorted(key for key, one in found if isinstance(one, ReadsProfile))

    async def refresh_profile(
        self, tenant: Tenant, account_id: UUID, *, seconds: float = SECONDS
    ) -> AccountRow:
        """Reads an account's profile from the network and stores it.

        Args:
            tenant: Whose account.
            account_id: Which.
            seconds: How long the network may take.

        Raises:
            NotFound: No such account.
            Conflict: It is not connected.
            InvalidInput: The network tells no profile, or said no.
            NetworkFault: The network cannot be reached now, or told of somebody else.
        """
        profile = await self._calls.ask(tenant, account_id, _reading, seconds=seconds)
        row = await self._database.run(
            tenant, lambda scope: store.renew_profile(scope, account_id, profile)
        )
        if row is None:
            raise NetworkFault(
                "The network told the profile of another account. Ask again; if it stays, connect "
                "the account anew."
            )
        return row

    async def fresh_account(self, tenant: Tenant, account_id: UUID) -> AccountRow:
        """Gives an account for composing, read anew when what is known is older than its network wants.

        A network that does not answer holds nobody up: what is known is given then.

        Raises:
            NotFound: No such account.
        """
        row = await self._database.run(tenant, lambda scope: store.get(scope, account_id))
        if row is None:
            raise NotFound(f"There is no account {account_id}. List them to see which there are.")
        if not self._is_stale(row):
            return row
        try:
            return await self.refresh_profile(tenant, account_id, seconds=COMPOSING_SECONDS)
        except EngineError as error:
            log.warning(
                "profile_not_read", account=str(row.id), platform=row.platform, code=error.code
            )
            return row

    async def fresh_accounts(
        self, tenant: Tenant, account_ids: Sequence[UUID]
    ) -> dict[UUID, AccountRow]:
        """Does :meth:`fresh_account` for several at once; those that are not there are left out."""

        async def one(account_id: UUID) -> AccountRow | None:
            try:
                return await self.fresh_account(tenant, account_id)
            except NotFound:
                return None

        found = await asyncio.gather(*(one(account_id) for account_id in set(account_ids)))
        return {row.id: row for row in found if row is not None}

    def _is_stale(self, row: AccountRow) -> bool:
        platform: object = self._plugins.platforms.get(row.platform)
        if row.status != "connected" or not isinstance(platform, ReadsProfile):
            return False
        age = datetime.now(UTC) - (row.profile_read_at or row.connected_at)
        return age.total_seconds() > platform.profile_seconds


def _reading(platform: Platform) -> Callable[[WorkingContext], Awaitable[AccountProfile]]:
    if not isinstance(platform, ReadsProfile):
        raise InvalidInput(
            f"{platform.title} does not tell a profile anew. Connect the account again to renew what "
            "is known of it.",
            code="PROFILE_UNSUPPORTED",
        )
    return platform.read_profile
