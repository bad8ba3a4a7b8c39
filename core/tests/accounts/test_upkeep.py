"""Accounts that rest keep their grants, and what fails meanwhile is shown and holds nobody up."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from uuid import UUID, uuid4

import msgspec
import pytest

from mpcas2_core.accounts import AccountRow, Accounts, OAuthApps, TokenBroker, store
from mpcas2_core.accounts.calls import AccountCalls
from mpcas2_core.accounts.profiles import Profiles
from mpcas2_core.accounts.upkeep import Kept, Upkeep
from mpcas2_core.database import Database, Scope, Tenant
from mpcas2_core.outbound import Clients
from mpcas2_core.plugins import PluginHost
from mpcas2_core.tenants import Tenants
from mpcas2_core.vault import MasterKeys, Vault
from mpcas2_hookspecs import (
    Account,
    AccountContext,
    AccountProfile,
    Connection,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    OAuthApp,
    RateLimited,
    TextRule,
    Unauthorized,
    Unavailable,
)

T = TypeVar("T")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None."""


class Network:
    """A network whose tokens renew themselves; each token is good for one renewal."""

    def __init__(self) -> None:
        self.token = 0
        self.renewals = 0
        self.name = "ada"
        self.status = 200
        self.profiles_read = 0
        self.lose_answer = False
        network = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                if network.status != 200:
                    self.tell(network.status, {})
                elif self.path != f"/renew/token-{network.token}":
                    self.tell(401, {})
                else:
                    network.token += 1
                    network.renewals += 1
                    if network.lose_answer:
                        self.close_connection = True
                        return
                    self.tell(200, {"token": f"token-{network.token}"})

            def do_GET(self) -> None:
                network.profiles_read += 1
                good = self.headers["authorization"] == f"Bearer token-{network.token}"
                self.tell(network.status if good else 401, {"name": network.name})

            def tell(self, status: int, body: dict[str, Any]) -> None:
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Fair:
    """An adapter for it."""

    key = "fair"
    title = "Fair"
    options = Options
    profile_seconds = 60.0

    def __init__(self, url: str) -> None:
        self.url = url

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - the protocol gives it
        return Limits(text=TextRule(max_length=10))

    async def stage(self, part: Any, ctx: Any) -> Any: ...

    async def publish(self, staged: Any, ctx: Any) -> Any: ...

    async def find(self, staged: Any, ctx: Any) -> Any: ...

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:
        del account, app
        return HttpRequest(method="POST", url=f"{self.url}/renew/{grant.refresh_token}")

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        if answer.status == 401:
            raise Unauthorized("The token is no longer good.", revoked=True)
        if answer.status == 429:
            raise RateLimited("Later.")
        if answer.status != 200:
            raise Unavailable("The fair is closed.")
        now = datetime.now(UTC)
        return Grant(
            access_token=answer.body["token"],
            expires_at=now + timedelta(days=60),
            renew_at=now + timedelta(days=50),
        )

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        answer = await ctx.http.get(f"{self.url}/me")
        if answer.status_code == 401:
            raise Unauthorized("The token is no longer good.")
        if answer.status_code != 200:
            raise Unavailable("The fair is closed.")
        name = answer.json()["name"]
        return AccountProfile(platform_account_id="42", username=name, data={"seen": name})


class Desk:
    """A tenant with one account at the fair."""

    def __init__(self, url: str, network: Network) -> None:
        self.url = url
        self.network = network
        self.master = base64.b64encode(os.urandom(32)).decode()
        self.tenant: Tenant
        self.account_id: UUID = self.tell(self._connected)

    def tell(self, story: Callable[[Any], Awaitable[T]]) -> T:
        """Runs a story with the parts of a fresh process."""

        async def whole() -> T:
            database = await Database.open(self.url, size=2)
            clients, vault = Clients(["127.0.0.1"]), Vault(MasterKeys(self.master))
            plugins = PluginHost((), {"fair": Fair(self.network.url)})
            apps = OAuthApps(database, vault, public_url="http://127.0.0.1:3001", environ={})
            self.database, self.vault, self.plugins = database, vault, plugins
            self.broker = TokenBroker(database, vault, plugins, clients, apps, lease_seconds=2.0)
            self.accounts = Accounts(database, vault, plugins, clients, self.broker)
            calls = AccountCalls(database, plugins, self.broker, clients)
            self.profiles = Profiles(database, plugins, calls)
            self.tenants = Tenants(database, vault)
            self.upkeep = Upkeep(database, self.tenants, self.broker, self.profiles)
            try:
                return await story(self)
            finally:
                await self.broker.close()
                await clients.close()
                await database.close()

        return asyncio.run(whole())

    async def _connected(self, _: Any) -> UUID:
        async with self.database.public() as connection, connection.transaction():
            self.tenant = await self.tenants.create(connection, "Acme")
        await self.vault.load(self.database, self.tenant)
        user = uuid4()
        now = datetime.now(UTC)
        made = Connection(
            profile=AccountProfile(platform_account_id="42", username="ada"),
            grant=Grant(
                access_token="token-0",
                refresh_token="token-0",
                expires_at=now + timedelta(days=60),
                renew_at=now + timedelta(days=50),
            ),
        )

        async def work(scope: Scope) -> AccountRow:
            await scope.execute(
                "INSERT INTO users (id, login_id, email, name, role) "
                "VALUES ($1, $1, 'a@b.example', 'A', 'owner')",
                user,
            )
            row, _ = await self.accounts.store(scope, user, "fair", made)
            return row

        return (await self.database.run(self.tenant, work)).id

    def sql(self, statement: str) -> None:
        async def story(_: Any) -> None:
            await self.database.run(self.tenant, lambda scope: scope.execute(statement))

        self.tell(story)

    def row(self) -> AccountRow:
        async def story(_: Any) -> AccountRow | None:
            return await self.database.run(
                self.tenant, lambda scope: store.get(scope, self.account_id)
            )

        row = self.tell(story)
        assert row is not None
        return row

    def keep(self) -> Kept:
        kept: Kept = self.tell(lambda desk: desk.upkeep.run())
        return kept

    def let_rest(self) -> None:
        """Lets the time come at which the grant is to be renewed."""
        self.sql("UPDATE grants SET renew_at = now() - interval '1 minute'")


@pytest.fixture
def desk(fresh_database_url: str) -> Iterator[Desk]:
    network = Network()
    yield Desk(fresh_database_url, network)
    network.server.shutdown()
    network.server.server_close()


def test_a_grant_that_rests_is_renewed_in_time_again_and_again(desk: Desk) -> None:
    assert desk.keep() == Kept()
    for round_ in range(1, 4):
        desk.let_rest()
        assert desk.keep().renewed == 1
        # The token that renewed itself is followed by the new one.
        assert (desk.network.renewals, desk.network.token) == (round_, round_)
    assert desk.row().status == "connected"
    assert desk.keep() == Kept()


def test_processes_that_look_at_one_moment_renew_once(desk: Desk) -> None:
    desk.let_rest()

    async def story(one: Any) -> list[Kept]:
        other = Upkeep(
            one.database,
            one.tenants,
            TokenBroker(
                one.database, one.vault, one.plugins, one.broker._clients, one.broker._apps
            ),
            one.profiles,
        )
        return list(await asyncio.gather(one.upkeep.run(), other.run(), one.upkeep.run()))

    assert sum(kept.refused for kept in desk.tell(story)) == 0
    assert desk.network.renewals == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_renewal_that_fails_is_shown_and_not_tried_for_an_hour(desk: Desk, status: int) -> None:
    desk.let_rest()
    desk.network.status = status
    assert desk.keep().refused == 1
    row = desk.row()
    assert row.status == "connected"
    assert row.renewal_failure
    desk.network.status = 200
    assert desk.keep() == Kept()
    desk.sql("UPDATE grants SET renewal_failed_at = now() - interval '2 hours'")
    assert desk.keep().renewed == 1
    assert desk.row().renewal_failure is None


def test_a_grant_that_the_network_took_back_marks_the_account(desk: Desk) -> None:
    desk.network.token = 7
    desk.let_rest()
    assert desk.keep().refused == 1
    row = desk.row()
    assert row.status == "expired"
    assert "onnect the account" in (row.status_reason or "")


def test_an_answer_that_is_lost_costs_the_grant_only_when_the_network_says_so(desk: Desk) -> None:
    desk.let_rest()
    desk.network.lose_answer = True
    assert desk.keep().refused == 1
    assert desk.row().status == "connected"
    assert "was lost" in (desk.row().renewal_failure or "")
    # The old token is spent; the mark of the first try says why the second one is refused.
    desk.network.lose_answer = False
    desk.sql("UPDATE grants SET renewal_failed_at = now() - interval '2 hours', lease_until = NULL")
    assert desk.keep().refused == 1
    assert desk.row().status == "expired"
    assert "interrupted" in (desk.row().status_reason or "")


def test_a_disconnected_account_is_left_alone(desk: Desk) -> None:
    desk.let_rest()
    desk.sql("UPDATE social_accounts SET status = 'expired'")
    assert desk.keep() == Kept()


def test_a_grant_without_renewal_says_until_when(desk: Desk) -> None:
    assert desk.row().reconnect_by is None
    assert desk.row().token_expires_at is not None
    desk.sql("UPDATE grants SET renewable = false")
    row = desk.row()
    assert row.reconnect_by == row.token_expires_at


def test_profiles_are_read_once_a_day(desk: Desk) -> None:
    desk.network.name = "countess"
    assert desk.keep().profiles == 0
    desk.sql("UPDATE social_accounts SET profile_read_at = now() - interval '2 days'")
    assert desk.keep().profiles == 1
    assert (desk.row().username, desk.row().data) == ("countess", {"seen": "countess"})
    assert desk.keep().profiles == 0


def test_a_profile_that_cannot_be_read_is_tried_later(desk: Desk) -> None:
    desk.network.status = 503
    desk.sql("UPDATE social_accounts SET profile_read_at = now() - interval '2 days'")
    assert desk.keep() == Kept()
    asked = desk.network.profiles_read
    assert desk.keep() == Kept()
    assert desk.network.profiles_read == asked == 1
    assert (desk.row().status, desk.row().username) == ("connected", "ada")


def test_composing_reads_a_profile_that_is_too_old_and_no_other(desk: Desk) -> None:
    def fresh() -> AccountRow:
        row: AccountRow = desk.tell(
            lambda one: one.profiles.fresh_account(one.tenant, one.account_id)
        )
        return row

    desk.network.name = "countess"
    assert fresh().username == "ada"
    desk.sql("UPDATE social_accounts SET profile_read_at = now() - interval '2 minutes'")
    assert fresh().username == "countess"
    desk.network.status, desk.network.name = 503, "queen"
    desk.sql("UPDATE social_accounts SET profile_read_at = now() - interval '2 minutes'")
    assert fresh().username == "countess"
