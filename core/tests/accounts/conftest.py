"""A connected account on a practice network, its broker here, and callers in other processes."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest

from mpcas2_core.accounts import AccountRow, Accounts, OAuthApps, TokenBroker, store
from mpcas2_core.accounts.broker import GrantRow
from mpcas2_core.database import Database, Scope, Tenant
from mpcas2_core.outbound import Clients
from mpcas2_core.plugins import PluginHost
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault
from mpcas2_sandbox import Control, SandboxProcess

T = TypeVar("T")
REFRESH = "refreshSession"


@dataclass(frozen=True)
class Parts:
    """The engine's parts that have to do with accounts, in this process."""

    database: Database
    vault: Vault
    broker: TokenBroker
    accounts: Accounts


class Caller:
    """Another process with a broker of its own; see ``caller.py``."""

    def __init__(self, desk: Desk, calls: int, lease: float) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("caller.py")),
                desk.url,
                str(desk.tenant.id),
                str(desk.account.id),
                str(calls),
                str(lease),
            ],
            env={**os.environ, "MASTER_KEY": desk.master},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log = ""

    def ready(self) -> None:
        """Waits until it only needs the word."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def outcomes(self) -> list[tuple[str, str]]:
        """Waits for its end and gives what became of its calls."""
        printed, self.log = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, self.log
        return [tuple(outcome) for outcome in json.loads(printed)]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


class Desk:
    """One tenant with one account, and a hand on the network."""

    def __init__(self, url: str, network: SandboxProcess) -> None:
        self.url = url
        self.network = network
        self.control: Control = network.control
        self.master = base64.b64encode(os.urandom(32)).decode()
        self.lease = 2.0
        self.user_id = uuid4()
        self.person: dict[str, Any] = self.control.call("GET", "accounts")["accounts"][0]
        self.callers: list[Caller] = []
        self.tenant: Tenant = asyncio.run(self._found())
        self.account = self.connect()

    async def _found(self) -> Tenant:
        database = await Database.open(self.url, size=1)
        try:
            tenants = Tenants(database, Vault(MasterKeys(self.master)))
            async with database.public() as connection, connection.transaction():
                tenant = await tenants.create(connection, "Acme")
            await database.run(
                tenant,
                lambda scope: scope.execute(
                    "INSERT INTO users (id, login_id, email, name, role) "
                    "VALUES ($1, $1, 'a@b.example', 'A', 'owner')",
                    self.user_id,
                ),
            )
        finally:
            await database.close()
        return tenant

    def tell(self, story: Callable[[Parts], Awaitable[T]]) -> T:
        """Runs a story with the parts of a fresh process."""

        async def whole() -> T:
            database = await Database.open(self.url, size=4)
            clients = Clients(["127.0.0.1"])
            vault, plugins = Vault(MasterKeys(self.master)), PluginHost.load()
            apps = OAuthApps(database, vault, public_url="http://127.0.0.1:3001")
            broker = TokenBroker(database, vault, plugins, clients, apps, lease_seconds=self.lease)
            try:
                accounts = Accounts(database, vault, plugins, clients, broker)
                return await story(Parts(database, vault, broker, accounts))
            finally:
                await broker.close()
                await clients.close()
                await database.close()

        return asyncio.run(whole())

    def scope(self, work: Callable[[Scope], Awaitable[T]]) -> T:
        """Runs work in a scope of the tenant."""
        return self.tell(lambda parts: parts.database.run(self.tenant, work))

    def connect(self) -> AccountRow:
        """Connects the person's account, or connects it again."""
        credentials = {
            "identifier": self.person["handle"],
            "appPassword": self.person["appPassword"],
            "server": self.network.url,
            "webUrl": self.network.url,
        }

        async def story(parts: Parts) -> AccountRow:
            made = await parts.accounts.authorize(self.tenant, "bluesky", credentials)
            row, _ = await parts.database.run(
                self.tenant,
                lambda scope: parts.accounts.store(scope, self.user_id, "bluesky", made),
            )
            return row

        return self.tell(story)

    def expire(self) -> None:
        """Lets the stored access token be at its end."""
        sql = "UPDATE grants SET expires_at = now() - interval '1 minute'"
        self.scope(lambda scope: scope.execute(sql))

    def stored(self) -> GrantRow | None:
        row = self.scope(lambda s: s.fetchrow("SELECT sealed, version, expires_at FROM grants"))
        return GrantRow(**dict(row)) if row else None

    def standing(self) -> AccountRow:
        row = self.scope(lambda scope: store.get(scope, UUID(str(self.account.id))))
        assert row is not None
        return row

    def access(self) -> str:
        """Asks for a token once, in this process."""
        grant = self.stored()

        async def story(parts: Parts) -> str:
            access = await parts.broker.access(self.tenant, self.account.for_adapter(), grant)
            return access.token

        return self.tell(story)

    def refreshes(self) -> int:
        """Counts the renewals that the network made."""
        count: int = self.control.call("GET", "stats")["refreshes"]
        return count

    def asked(self) -> int:
        """Counts the requests for a renewal that reached the network."""
        return sum(REFRESH in request.path for request in self.control.requests())

    def callers_ready(self, number: int, calls: int) -> list[Caller]:
        callers = [Caller(self, calls, self.lease) for _ in range(number)]
        self.callers += callers
        for caller in callers:
            caller.ready()
        return callers


@pytest.fixture(scope="session")
def desk_class() -> type[Desk]:
    """For desks of other networks."""
    return Desk


@pytest.fixture(scope="session")
def practice() -> Iterator[SandboxProcess]:
    with SandboxProcess("bluesky") as network:
        yield network


@pytest.fixture
def desk(fresh_database_url: str, practice: SandboxProcess) -> Iterator[Desk]:
    practice.control.reset()
    one = Desk(fresh_database_url, practice)
    yield one
    practice.control.clear_faults()
    practice.control.release_all("cut")
    for caller in one.callers:
        caller.kill()
