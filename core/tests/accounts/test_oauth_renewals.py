"""The broker with X, whose refresh tokens are spent by use, and Google, who gives no new one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from mpcas2_core.accounts import AccountRow, OAuthApps, ReconnectNeeded
from mpcas2_hookspecs import AccountProfile, Connection, Grant, OAuthApp, Unavailable
from mpcas2_sandbox import FaultRule, SandboxProcess

# A Desk of the conftest beside this file, which tests cannot import, for another network.
Desk = Any

KEYS = ("twitter", "youtube")
TOKEN = "token$"
ADDRESSES = (
    "TWITTER_API_URL",
    "TWITTER_WEB_URL",
    "YOUTUBE_API_URL",
    "YOUTUBE_ACCOUNTS_URL",
    "YOUTUBE_TOKEN_URL",
    "YOUTUBE_WEB_URL",
)


@pytest.fixture(scope="module")
def networks() -> Iterator[dict[str, SandboxProcess]]:
    with SandboxProcess("twitter") as x, SandboxProcess("youtube") as youtube:
        yield {"twitter": x, "youtube": youtube}


def made_desk(base: Any, key: str, url: str, network: SandboxProcess) -> Desk:
    class OAuthDesk(base):  # type: ignore[misc]  # the base comes from a fixture
        """A tenant with one account whose grant came from a consent page."""

        def connect(self, client_id: str = "practice-client") -> AccountRow:
            order = {"account": self.person["handle"], "clientId": client_id}
            given = self.control.call("POST", "oauth/grants", order)
            connection = Connection(
                profile=AccountProfile(
                    platform_account_id=self.person["id"], username=self.person["handle"]
                ),
                grant=Grant(
                    access_token=given["accessToken"],
                    refresh_token=given["refreshToken"],
                    expires_at=datetime.now(UTC) + timedelta(seconds=given["expiresIn"]),
                ),
            )

            async def story(parts: Any) -> AccountRow:
                await parts.vault.load(parts.database, self.tenant)
                row, _ = await parts.database.run(
                    self.tenant,
                    lambda scope: parts.accounts.store(
                        scope, self.user_id, key, connection, client_id=client_id
                    ),
                )
                account: AccountRow = row
                return account

            stored: AccountRow = self.tell(story)
            return stored

        def refreshes(self) -> int:
            return int(self.control.call("GET", "oauth/counters")["refreshes"])

        def refused(self) -> int:
            return int(self.control.call("GET", "oauth/counters")["refused_refreshes"])

        def asked(self) -> int:
            return sum(one.path.endswith("/token") for one in self.control.requests())

        def refresh_token(self) -> str:
            """Opens the stored grant."""

            async def story(parts: Any) -> Grant:
                sealed = await parts.database.run(
                    self.tenant, lambda scope: scope.fetchval("SELECT sealed FROM grants")
                )
                plain = await parts.vault.open(parts.database, self.tenant, "grant", sealed)
                return msgspec.json.decode(plain, type=Grant)

            grant: Grant = self.tell(story)
            assert grant.refresh_token is not None
            return grant.refresh_token

        def all_ask(self, processes: int = 3, calls: int = 40) -> list[tuple[str, str]]:
            """Lets processes ask at one moment, and gives what became of all their calls."""
            callers = self.callers_ready(processes, calls=calls)
            for caller in callers:
                caller.go()
            return [outcome for caller in callers for outcome in caller.outcomes()]

    return OAuthDesk(url, network)


def _desk(
    key: str,
    base: Any,
    url: str,
    networks: dict[str, SandboxProcess],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    for name in ADDRESSES:
        network = networks[name.partition("_")[0].lower()]
        monkeypatch.setenv(f"MPCAS2_{name}", network.url)
    for stem in ("TWITTER", "YOUTUBE"):
        monkeypatch.setenv(f"{stem}_CLIENT_ID", "practice-client")
        monkeypatch.setenv(f"{stem}_CLIENT_SECRET", "practice-secret")
    networks[key].control.reset()
    one = made_desk(base, key, url, networks[key])
    yield one
    one.control.clear_faults()
    one.control.release_all("cut")
    for caller in one.callers:
        caller.kill()


@pytest.fixture(params=KEYS)
def desk(
    request: pytest.FixtureRequest,
    desk_class: Any,
    fresh_database_url: str,
    networks: dict[str, SandboxProcess],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    yield from _desk(request.param, desk_class, fresh_database_url, networks, monkeypatch)


@pytest.fixture
def x(
    desk_class: Any,
    fresh_database_url: str,
    networks: dict[str, SandboxProcess],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    yield from _desk("twitter", desk_class, fresh_database_url, networks, monkeypatch)


@pytest.fixture
def google(
    desk_class: Any,
    fresh_database_url: str,
    networks: dict[str, SandboxProcess],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    yield from _desk("youtube", desk_class, fresh_database_url, networks, monkeypatch)


def test_three_processes_make_one_renewal(desk: Desk) -> None:
    desk.expire()
    outcomes = desk.all_ask()
    assert len(outcomes) == 120
    assert {kind for kind, _ in outcomes} == {"Access"}, outcomes[0]
    assert len({token for _, token in outcomes}) == 1
    assert (desk.refreshes(), desk.refused(), desk.asked()) == (1, 0, 1)
    assert desk.stored().version == 2


def test_each_of_xs_refresh_tokens_is_used_once(x: Desk) -> None:
    seen = [x.refresh_token()]
    for round_ in range(1, 4):
        x.expire()
        outcomes = x.all_ask(processes=1, calls=10)
        assert len({token for _, token in outcomes}) == 1
        seen.append(x.refresh_token())
        assert (x.refreshes(), x.refused()) == (round_, 0)
    assert len(set(seen)) == 4
    (grant,) = x.control.call("GET", "oauth/grants")["grants"]
    assert (grant["refreshes"], grant["ended"]) == (3, None)


def test_googles_refresh_token_is_kept_over_renewals_that_name_none(google: Desk) -> None:
    first, tokens = google.refresh_token(), set()
    for round_ in range(1, 4):
        google.expire()
        outcomes = google.all_ask(processes=1, calls=10)
        tokens |= {token for _, token in outcomes}
        assert google.refresh_token() == first
        assert (google.refreshes(), google.refused()) == (round_, 0)
    assert len(tokens) == 3
    assert google.stored().version == 4


def killed_after_the_answer(desk: Desk) -> None:
    """Kills a process between the network's renewal and our commit."""
    desk.lease = 1.0
    desk.expire()
    desk.control.add_fault(FaultRule(action="hold_after", path=TOKEN))
    (caller,) = desk.callers_ready(1, calls=3)
    caller.go()
    desk.control.wait_held()
    assert desk.refreshes() == 1
    caller.kill()
    desk.control.release_all()


def test_a_process_killed_after_xs_rotation_shows_as_reconnect(x: Desk) -> None:
    killed_after_the_answer(x)
    outcomes = x.all_ask(processes=2, calls=10)
    assert {kind for kind, _ in outcomes} == {"ReconnectNeeded"}
    standing = x.standing()
    assert standing.status == "expired"
    assert "Reconnect the account" in standing.status_reason
    # A dead token is not sent again and again: once by the dead process, once by all the others.
    assert (x.refreshes(), x.asked()) == (1, 2)
    # Connecting anew mends it.
    x.connect()
    assert x.standing().status == "connected"
    x.expire()
    assert x.access()


def test_a_process_killed_after_googles_renewal_costs_nothing(google: Desk) -> None:
    killed_after_the_answer(google)
    assert google.access()
    assert google.standing().status == "connected"
    assert google.refreshes() == 2


def test_an_answer_that_is_lost_costs_xs_grant_and_not_googles(desk: Desk) -> None:
    desk.lease = 1.0
    desk.expire()
    desk.control.add_fault(FaultRule(action="cut_after", path=TOKEN))
    with pytest.raises(Unavailable):
        desk.access()
    assert desk.standing().status == "connected"
    if desk.account.platform == "youtube":
        assert desk.access()
        return
    with pytest.raises(ReconnectNeeded, match="interrupted"):
        desk.access()
    assert desk.standing().status == "expired"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_fault_keeps_the_grant(desk: Desk, status: int) -> None:
    desk.expire()
    before = desk.stored()
    desk.control.add_fault(FaultRule(action="status", path=TOKEN, status=status))
    outcomes = desk.all_ask(processes=1, calls=5)
    assert {kind for kind, _ in outcomes} <= {"Unavailable", "RateLimited"}
    assert desk.stored() == before
    assert desk.access()
    assert desk.standing().status == "connected"


def test_a_grant_that_its_owner_revoked_shows_as_reconnect(desk: Desk) -> None:
    desk.control.call("POST", f"oauth/accounts/{desk.person['handle']}/revoke", {})
    desk.expire()
    outcomes = desk.all_ask(processes=2, calls=10)
    assert {kind for kind, _ in outcomes} == {"ReconnectNeeded"}
    assert desk.standing().status == "expired"
    assert "econnect" in desk.standing().status_reason
    assert desk.asked() == 1


def own_app(desk: Desk, client_id: str, secret: str) -> OAuthApp:
    """Registers an app with the network and makes it the tenant's own."""
    order = {"clientId": client_id, "clientSecret": secret, "anyLoopback": True}
    desk.control.call("POST", "oauth/clients", order)
    app = OAuthApp(client_id=client_id, client_secret=secret)

    async def story(parts: Any) -> None:
        await parts.vault.load(parts.database, desk.tenant)
        apps = OAuthApps(parts.database, parts.vault, public_url="http://127.0.0.1:3001")
        await parts.database.run(
            desk.tenant, lambda scope: apps.keep(scope, desk.account.platform, app)
        )

    desk.tell(story)
    return app


def test_a_grant_is_renewed_with_the_app_that_it_was_given_to(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_app(desk, "older", "the-older-secret")
    desk.connect("older")
    # Both change: the tenant's own app, and the installation's.
    own_app(desk, "newer", "the-newer-secret")
    for stem in ("TWITTER", "YOUTUBE"):
        monkeypatch.setenv(f"{stem}_CLIENT_ID", "yet-another")
    for _ in range(2):
        desk.expire()
        outcomes = desk.all_ask(processes=1, calls=5)
        assert {kind for kind, _ in outcomes} == {"Access"}, outcomes[0]
    assert (desk.refreshes(), desk.refused()) == (2, 0)


def test_a_new_secret_of_the_same_app_is_used_at_once(desk: Desk) -> None:
    own_app(desk, "own", "the-first-secret")
    desk.connect("own")
    own_app(desk, "own", "the-second-secret")
    desk.expire()
    assert desk.access()
    assert (desk.refreshes(), desk.refused()) == (1, 0)


def test_a_grant_whose_app_is_gone_stays_until_the_app_is_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.expire()
    before = desk.stored()
    with monkeypatch.context() as patch:
        for stem in ("TWITTER", "YOUTUBE"):
            patch.delenv(f"{stem}_CLIENT_ID")
        with pytest.raises(Unavailable, match="practice-client"):
            desk.access()
        assert desk.asked() == 0
    assert desk.stored() == before
    assert desk.standing().status == "connected"
    assert desk.access()


def test_two_apps_set_at_one_moment_leave_one_that_is_used(desk: Desk) -> None:
    async def story(parts: Any) -> list[Any]:
        await parts.vault.load(parts.database, desk.tenant)
        apps = OAuthApps(parts.database, parts.vault, public_url="http://127.0.0.1:3001")

        async def keep(number: int) -> None:
            app = OAuthApp(client_id=f"app-{number}", client_secret="a-secret")
            await parts.database.run(
                desk.tenant, lambda scope: apps.keep(scope, desk.account.platform, app)
            )

        await asyncio.gather(*(keep(number) for number in range(8)))
        rows: list[Any] = await parts.database.run(
            desk.tenant,
            lambda scope: scope.fetch("SELECT client_id FROM oauth_apps WHERE is_current"),
        )
        return rows

    assert len(desk.tell(story)) == 1
