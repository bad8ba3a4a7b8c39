"""A process that asks the token broker for one account's token many times at once.

It says ``ready``, waits for a line on its standard input, and prints what became of the calls. The
secret that it needs comes in over the environment, its log goes to standard error.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import sys
from typing import Any
from uuid import UUID

from mpcas2_core import logs
from mpcas2_core.accounts import OAuthApps, TokenBroker, store
from mpcas2_core.accounts.broker import GrantRow
from mpcas2_core.database import Database, Scope
from mpcas2_core.outbound import Clients
from mpcas2_core.plugins import PluginHost
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault
from mpcas2_hookspecs import PlatformError


async def main(url: str, tenant_id: str, account_id: str, calls: int, lease: float) -> None:
    database = await Database.open(url, size=4)
    vault = Vault(MasterKeys(os.environ["MASTER_KEY"]))
    clients = Clients(["127.0.0.1"])
    apps = OAuthApps(database, vault, public_url="http://127.0.0.1:3001")
    broker = TokenBroker(database, vault, PluginHost.load(), clients, apps, lease_seconds=lease)
    tenant = await Tenants(database, vault).resolve(UUID(tenant_id))

    async def read(scope: Scope) -> tuple[Any, GrantRow]:
        account = await store.get(scope, UUID(account_id))
        row = await scope.fetchrow("SELECT sealed, version, expires_at FROM grants")
        if account is None or row is None:
            raise LookupError("the account of this story is not there")
        return account.for_adapter(), GrantRow(**dict(row))

    account, grant = await database.run(tenant, read)

    async def one() -> tuple[str, str]:
        try:
            access = await broker.access(tenant, account, grant)
        except PlatformError as error:
            return type(error).__name__, error.message
        return "Access", hashlib.sha256(access.token.encode()).hexdigest()

    print("ready", flush=True)  # noqa: T201 - the parent reads it
    await asyncio.to_thread(sys.stdin.readline)
    outcomes = await asyncio.gather(*(one() for _ in range(calls)))
    print(json.dumps(outcomes), flush=True)  # noqa: T201 - the parent reads it
    await clients.close()
    await database.close()


if __name__ == "__main__":
    logs.configure(level="debug", log_format="json")
    _, url, tenant_id, account_id, calls, lease = sys.argv
    asyncio.run(main(url, tenant_id, account_id, int(calls), float(lease)))
