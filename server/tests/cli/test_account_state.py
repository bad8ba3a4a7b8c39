"""What an account is and does, its server, and what ends soon: from the command line's side."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from mpcas2_core.database import Scope
from mpcas2_core.engine import Engine
from mpcas2_core.settings import Settings
from mpcas2_hookspecs import AccountProfile, Connection, Grant
from mpcas2_server.cli.account_state import why
from mpcas2_server.cli.checks_accounts import accounts

ID = "01a208d1-306c-7238-8acd-93e2c8768395"
ADA = {"id": ID, "platform": "fair", "username": "ada", "status": "connected"}
FIELD = {"name": "server", "title": "Server", "help": "For example fair.example.", "required": True}
NETWORKS = [
    {
        "key": "fair",
        "title": "Fair",
        "connect": {"kind": "oauth", "fields": [], "serverField": FIELD},
    },
    {"key": "twitter", "title": "X", "connect": {"kind": "oauth", "fields": []}},
]
STARTED = {
    "authUrl": "https://fair.example/authorize?state=abc",
    "connectionId": ID,
    "expiresAt": "2030-01-31T09:00:00Z",
}


@pytest.fixture
def there(signed_in_there: Any) -> Any:
    """A server with one account; ``there.told`` holds its answers by path."""
    signed_in_there.told = {
        "/platforms": {"data": NETWORKS},
        "/social-accounts": {
            "data": [ADA],
            "pagination": {"page": 1, "limit": 100, "total": 1, "totalPages": 1},
        },
    }

    def reply(method: str, path: str) -> tuple[int, bytes]:
        place = path.partition("?")[0].removeprefix("/api/v1")
        told = STARTED if (method, place) == ("POST", "/social-accounts") else None
        return 200, json.dumps(told or signed_in_there.told[place]).encode()

    signed_in_there.reply = reply
    return signed_in_there


def asked(there: Any) -> Any:
    """Gives the body of the request that began a connection."""
    (body,) = [body for method, _, _, body in there.seen if method == "POST"]
    return json.loads(body)


@pytest.mark.parametrize(
    "arguments", [("--server", "fair.example"), ("--field", "server=fair.example")]
)
def test_the_networks_server_is_named(there: Any, cli: Any, arguments: tuple[str, ...]) -> None:
    done = cli("account", "connect", "fair", *arguments, "--no-wait")
    assert (done.code, done.out.strip()) == (0, STARTED["authUrl"])
    assert asked(there) == {"platform": "fair", "credentials": {"server": "fair.example"}}


def test_a_server_that_nobody_named_is_asked_for(there: Any, cli: Any) -> None:
    done = cli("account", "connect", "fair", "--no-wait")
    assert done.code == 2
    assert "Add --field server=…" in done.err
    assert not [method for method, *_ in there.seen if method == "POST"]


def test_an_account_is_connected_anew_at_its_own_server(there: Any, cli: Any) -> None:
    assert cli("account", "connect", "fair", "--account", "@ada", "--no-wait").code == 0
    assert asked(there) == {"platform": "fair", "accountId": ID}


def test_a_name_is_no_address_of_ours(there: Any, cli: Any) -> None:
    done = cli("account", "connect", "twitter", "--server", "fair.example", "--no-wait")
    assert done.code == 2
    assert "no servers to choose from" in done.err
    assert cli("account", "connect", "twitter", "--server", there.url, "--no-wait").code == 0


def test_figures_of_an_account_are_shown(there: Any, cli: Any) -> None:
    told = {"accountId": ID, "followers": 7, "posts": 3, "more": {"total_balloons": 1.5}}
    there.told[f"/social-accounts/{ID}/metrics"] = told
    shown = cli("account", "metrics", "@ada").out
    assert "fair:@ada" in shown
    for words in ("Followers", "7", "Posts", "Total balloons", "1.5"):
        assert words in shown
    assert "Following" not in shown
    assert json.loads(cli("account", "metrics", "@ada", "--json").out) == told


def test_a_profile_is_read_anew(there: Any, cli: Any) -> None:
    there.told[f"/social-accounts/{ID}/refresh"] = {**ADA, "displayName": "Ada \x1b[2JL."}
    done = cli("account", "refresh", "@ada")
    assert done.out.startswith("fair:@ada (Ada ")
    assert "is up to date." in done.out
    assert "\x1b" not in done.out


def test_a_list_warns_a_week_before_a_permission_ends(there: Any, cli: Any) -> None:
    soon = (datetime.now(UTC) + timedelta(days=6)).isoformat()
    there.told["/social-accounts"]["data"] = [{**ADA, "reconnectBy": soon}]
    assert "connect it again before" in cli("account", "list").out


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ({}, ""),
        ({"reconnectBy": "2030-01-09T00:00:00Z"}, ""),
        ({"reconnectBy": "2030-01-07T00:00:00Z"}, "connect it again before"),
        ({"renewalFailure": "The fair is closed."}, "The fair is closed."),
        ({"statusReason": "Gone.", "reconnectBy": "2030-01-02T00:00:00Z"}, "Gone."),
    ],
)
def test_what_a_person_should_know(account: dict[str, str], words: str) -> None:
    told = why(account, datetime(2030, 1, 1, tzinfo=UTC))
    assert words in told
    assert bool(told) == bool(words)


def stored(engine: Engine, user_id: UUID, made: Connection) -> Callable[[Scope], Awaitable[object]]:
    return lambda scope: engine.accounts.store(scope, user_id, "twitter", made)


def test_doctor_names_accounts_whose_permission_ends(
    database_url: str, redis_url: str, tmp_path: Any
) -> None:
    env = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "MPCAS2_HOME": str(tmp_path)}
    settings = Settings.load(env)
    name = f"Studio {uuid4().hex}"

    async def story() -> list[str]:
        engine = await Engine.open(settings)
        try:
            async with engine.identity.transaction() as connection:
                owner = await engine.identity.register(
                    connection,
                    email=f"{uuid4().hex}@example.org",
                    password_hash="nobody signs in with a password here",
                    name="Ada",
                    tenant_name=name,
                )
            await engine.vault.load(engine.database, owner.tenant)
            for number, (days, refresh) in enumerate([(6, None), (8, None), (1, "again")]):
                ends = datetime.now(UTC) + timedelta(days=days)
                made = Connection(
                    profile=AccountProfile(
                        platform_account_id=str(number), username=f"ada{number}"
                    ),
                    grant=Grant(access_token="t", refresh_token=refresh, expires_at=ends),
                )
                await engine.database.run(owner.tenant, stored(engine, owner.user_id, made))
        finally:
            await engine.close()
        return [f"{one.message} {one.advice}" for one in await accounts(settings)]

    told = [words for words in asyncio.run(story()) if name in words]
    assert len(told) == 1
    assert "twitter:@ada0" in told[0]
    assert "mpcas2 account connect twitter --account @ada0" in told[0]
