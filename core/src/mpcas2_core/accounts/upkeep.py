"""Keeps connected accounts alive: renews grants before they end, and reads profiles once a day.

It runs beside the publishing of a worker, in any number of processes: the broker's lease sees to it that
a grant is renewed once. Whatever fails here is noted where people see it and holds nobody up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import timedelta
from typing import TypeVar

import asyncpg
import msgspec
import structlog

from mpcas2_core.accounts import grants, store
from mpcas2_core.accounts.broker import TokenBroker
from mpcas2_core.accounts.grants import DueRenewal
from mpcas2_core.accounts.profiles import Profiles
from mpcas2_core.accounts.store import AccountRow
from mpcas2_core.database import TenantBehind, TenantUnavailable
from mpcas2_core.database.pool import Database
from mpcas2_core.database.scope import Tenant
from mpcas2_core.errors import EngineError
from mpcas2_core.tenants import Tenants
from mpcas2_hookspecs import PlatformError

__all__ = ("Kept", "Upkeep")

log = structlog.get_logger(__name__)

_T = TypeVar("_T")

BATCH = 50
# How many networks are waited for at a time.
AT_ONCE = 4
PROFILE_AGE = timedelta(days=1)
PROFILE_RETRY = timedelta(hours=2)
_DATABASE_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did.

    Attributes:
        renewed: Grants that were renewed.
        refused: Grants that could not be; the accounts say why.
        profiles: Profiles that were read.
        failed: Tenants that could not be looked after; the log says why.
    """

    renewed: int = 0
    refused: int = 0
    profiles: int = 0
    failed: int = 0


class Upkeep:
    """Looks after the accounts of all tenants.

    Args:
        database: Where they are.
        tenants: Judges who is served.
        broker: Renews grants.
        profiles: Reads profiles.
    """

    def __init__(
        self, database: Database, tenants: Tenants, broker: TokenBroker, profiles: Profiles
    ) -> None:
        self._database = database
        self._tenants = tenants
        self._broker = broker
        self._profiles = profiles

    async def run(self) -> Kept:
        """Looks after every active tenant once; one that fails does not stop the others."""
        total = dict.fromkeys(Kept.__struct_fields__, 0)
        async for tenant in self._served():
            try:
                renewed, refused = await self._renew(tenant)
                total["renewed"] += renewed
                total["refused"] += refused
                total["profiles"] += await self._read(tenant)
            except _DATABASE_FAULTS as error:
                total["failed"] += 1
                log.warning("upkeep_failed", tenant_id=str(tenant.id), error=repr(error))
        return msgspec.convert(total, Kept)

    async def _served(self) -> AsyncIterator[Tenant]:
        async with self._database.public() as connection:
            rows = await connection.fetch(
                "SELECT id FROM public.tenants WHERE status = 'active' ORDER BY id"
            )
        for row in rows:
            try:
                yield await self._tenants.resolve(row["id"])
            except (TenantBehind, TenantUnavailable):
                continue

    async def _renew(self, tenant: Tenant) -> tuple[int, int]:
        renewed = refused = 0
        while True:
            due = await self._database.run(tenant, lambda scope: grants.due_renewals(scope, BATCH))
            done = await _some_at_once(due, lambda one: self._renew_one(tenant, one))
            renewed += sum(done)
            refused += len(done) - sum(done)
            # What failed is not due for an hour, so this ends.
            if len(due) < BATCH:
                return renewed, refused

    async def _renew_one(self, tenant: Tenant, one: DueRenewal) -> bool:
        account = one.account
        try:
            await self._broker.renew(tenant, account.for_adapter(), one.version)
        except PlatformError as error:
            await self._note(tenant, one, error.message)
            return False
        except Exception as error:  # noqa: BLE001 - an adapter may raise anything; it is noted
            # Without its message: it may quote a token.
            await self._note(tenant, one, f"Its plugin failed ({type(error).__name__}).")
            return False
        return True

    async def _note(self, tenant: Tenant, one: DueRenewal, words: str) -> None:
        account = one.account
        log.warning(
            "keep_alive_failed", account=str(account.id), platform=account.platform, detail=words
        )
        await self._database.run(
            tenant, lambda scope: grants.note_failure(scope, account.id, one.version, words)
        )

    async def _read(self, tenant: Tenant) -> int:
        platforms = self._profiles.platforms()
        if not platforms:
            return 0
        read = 0
        while True:
            stale = await self._database.run(
                tenant,
                lambda scope: store.stale_profiles(
                    scope, platforms, older=PROFILE_AGE, tried=PROFILE_RETRY, limit=BATCH
                ),
            )
            read += sum(await _some_at_once(stale, lambda row: self._read_one(tenant, row)))
            if len(stale) < BATCH:
                return read

    async def _read_one(self, tenant: Tenant, row: AccountRow) -> bool:
        try:
            await self._profiles.refresh_profile(tenant, row.id)
        except EngineError as error:
            log.info(
                "profile_not_read", account=str(row.id), platform=row.platform, code=error.code
            )
            return False
        return True


async def _some_at_once(things: Iterable[_T], work: Callable[[_T], Awaitable[bool]]) -> list[bool]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(thing: _T) -> bool:
        async with gate:
            return await work(thing)

    return await asyncio.gather(*(one(thing) for thing in things))
