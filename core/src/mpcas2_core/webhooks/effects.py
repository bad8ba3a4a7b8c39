"""Gives events their effect, beside a worker's publishing; any number of processes may do so.

An event is a hint. A post that was decided about is asked after at the network itself; an account that is
gone is marked, unless a person has connected it anew since.
"""

from __future__ import annotations

import asyncio

import structlog

from mpcas2_core.database import TenantBehind, TenantUnavailable
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Scope, Tenant
from mpcas2_core.plugins import PluginHost
from mpcas2_core.tenants import Tenants
from mpcas2_core.webhooks import events
from mpcas2_core.webhooks.events import Gone

__all__ = ("WebhookEffects",)

log = structlog.get_logger(__name__)

BATCH = 200
# An event about an account is looked up in every tenant.
GONE_BATCH = 20


class WebhookEffects:
    """Handles kept events.

    Args:
        database: Where they are.
        tenants: Judges who is served.
        plugins: Name the networks for people.
        poll_seconds: Longest pause between two looks.
    """

    def __init__(
        self, database: Database, tenants: Tenants, plugins: PluginHost, *, poll_seconds: float
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._plugins = plugins
        self._poll = poll_seconds

    async def run(self) -> None:
        """Handles events until it is cancelled. A database that goes away is waited for."""
        while True:
            try:
                handled = await self.handle()
            except Exception as error:  # noqa: BLE001 - hints must never end a worker's publishing
                log.warning("webhooks_wait", detail=f"{type(error).__name__}: {error}")
                handled = 0
            if handled < BATCH:
                await asyncio.sleep(self._poll)

    async def handle(self) -> int:
        """Gives a batch of events their effect, each once, and tells how many had it."""
        async with self._database.public() as connection:
            woken = await events.wake(connection, BATCH)
        if woken:
            log.info("webhooks_woke", posts=woken)
        return woken + await self._accounts_gone()

    async def clear(self) -> int:
        """Forgets events that are over, and tells how many."""
        async with self._database.public() as connection:
            return await events.forget_old(connection)

    async def _accounts_gone(self) -> int:
        async with self._database.public() as connection:
            found = await events.gone(connection, GONE_BATCH)
            if not found:
                return 0
            tenants = await connection.fetch(
                "SELECT id FROM public.tenants WHERE status = 'active' ORDER BY id"
            )
        # Nothing is locked meanwhile: two processes that do this at once mark an account once.
        for row in tenants:
            try:
                tenant = await self._tenants.resolve(row["id"])
            except (TenantBehind, TenantUnavailable):
                continue
            await self._expire(tenant, found)
        async with self._database.public() as connection:
            await events.settle(connection, found)
        return len(found)

    async def _expire(self, tenant: Tenant, found: list[Gone]) -> None:
        async def work(scope: Scope) -> list[tuple[Gone, str]]:
            expired: list[tuple[Gone, str]] = []
            for one in found:
                account_id = await scope.fetchval(
                    # Whoever connected it since then gave the permission again.
                    "UPDATE social_accounts SET status = 'expired', status_reason = $4, "
                    "updated_at = now() WHERE platform = $1 AND platform_account_id = $2 "
                    "AND status = 'connected' AND connected_at <= $3 RETURNING id",
                    one.platform,
                    one.platform_account_id,
                    one.received_at,
                    f"{self._title(one.platform)} says that the permission was taken back there. "
                    "Connect the account again to post with it.",
                )
                if account_id is not None:
                    expired.append((one, str(account_id)))
            return expired

        for one, account_id in await self._database.run(tenant, work):
            log.warning("account_expired", account=account_id, platform=one.platform)

    def _title(self, key: str) -> str:
        platform = self._plugins.platforms.get(key)
        return platform.title if platform is not None else key
