"""Fifty people connect at once, in five tenants, and everybody gets their own account."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import pytest

from mpcas2_core.accounts.access import GrantRow
from mpcas2_core.database import Scope
from mpcas2_core.engine import Engine
from mpcas2_core.settings import Settings

# `Stage` is that of the conftest beside this file, which tests cannot import.
Stage = Any
Person = Any

TENANTS = 5
WITHHELD = {"twitter": "users.read", "youtube": "https://www.googleapis.com/auth/youtube.readonly"}
# Ends other than well, for each network once, with the code that belongs to it.
ENDS = {
    "denied": "CONSENT_DENIED",
    "withheld": "SCOPES_MISSING",
    "late": "FLOW_EXPIRED",
    "no code": "CALLBACK_INCOMPLETE",
    "foreign code": "CODE_REFUSED",
    "interrupted": "FLOW_INTERRUPTED",
    "wrong account": "WRONG_ACCOUNT",
}


@dataclass
class Attempt:
    """One person's way to a consent page and back."""

    stage: Stage
    person: Person
    handle: str
    end: str = "well"
    account_id: str | None = None
    id: str = ""
    state: str = ""
    location: str = ""
    pages: list[httpx.Response] = field(default_factory=list)
    shown: Any = None


@pytest.fixture
def people(consent_server: Any, sign_up: Any) -> Iterator[list[Person]]:
    with ExitStack() as stack:
        yield [stack.enter_context(sign_up(consent_server)) for _ in range(TENANTS)]


@pytest.fixture
def settings(consent_server: Any, redis_url: str) -> Settings:
    """What opens an engine on the server's own database and secrets, in this process."""
    return Settings.load(
        {
            "MPCAS2_HOME": str(consent_server.log.parent),
            "DATABASE_URL": consent_server.database_url,
            "REDIS_URL": redis_url,
        }
    )


def planned(stages: list[Stage], people: list[Person]) -> list[Attempt]:
    """Gives fifty attempts that end well, and each other end on each network."""
    attempts = []
    for stage in stages:
        for index, handle in enumerate(stage.someone(25)):
            attempts.append(Attempt(stage, people[index % TENANTS], handle))
        for index, end in enumerate(ENDS):
            person = people[index % TENANTS]
            one, other = stage.someone(2)
            wanted = None
            if end == "wrong account":
                wanted = stage.connect(person, one)["accountId"]
            attempts.append(Attempt(stage, person, other, end, wanted))
    return attempts


async def ask_to_begin(http: httpx.AsyncClient, one: Attempt) -> None:
    """Asks for the consent page and does there what the person does."""
    body: dict[str, Any] = {"platform": one.stage.key}
    if one.account_id:
        body["accountId"] = one.account_id
    headers = {"authorization": f"Bearer {one.person.access_token}"}
    answer = await http.post(f"{one.stage.server.url}/social-accounts", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    url, one.id = answer.json()["authUrl"], answer.json()["connectionId"]
    one.state = parse_qs(urlsplit(url).query)["state"][0]
    order = {
        "url": url,
        "account": one.handle,
        "deny": one.end == "denied",
        "withhold": [WITHHELD[one.stage.key]] if one.end == "withheld" else [],
    }
    told = await http.post(f"{one.stage.network.url}/_sandbox/oauth/consent", json=order)
    one.location = one.stage.here(told.json()["location"])
    if one.end == "no code":
        one.location = one.location.partition("?")[0] + f"?state={one.state}"
    if one.end == "foreign code":
        one.location = one.location.partition("?")[0] + f"?state={one.state}&code=stolen-code"


def prepare(attempts: list[Attempt]) -> None:
    """Brings about what only time or a dying process would."""
    for one in attempts:
        change = {
            "late": "expires_at = now()",
            "interrupted": "state = 'working', updated_at = now() - interval '2 minutes'",
        }.get(one.end)
        if change:
            flows = f'"{one.person.schema}".connect_flows'
            one.person.server.sql(f"UPDATE {flows} SET {change} WHERE id = $1", UUID(one.id))


async def come_back(http: httpx.AsyncClient, one: Attempt) -> None:
    """Loads the callback, some people twice, and asks how it ended."""
    times = 2 if one.end == "well" and int(one.id[-1], 16) % 3 == 0 else 1
    one.pages = list(await asyncio.gather(*(http.get(one.location) for _ in range(times))))
    headers = {"authorization": f"Bearer {one.person.access_token}"}
    address = f"{one.stage.server.url}/social-accounts/connections/{one.id}"
    while one.shown is None or one.shown["state"] == "working":
        one.shown = (await http.get(address, headers=headers)).json()


async def owners(settings: Settings, stages: list[Stage], people: list[Person]) -> dict[str, str]:
    """Asks the networks whose token is stored for each account, with the tokens as stored."""
    engine = await Engine.open(settings)
    found: dict[str, str] = {}
    try:
        async with httpx.AsyncClient(timeout=60) as http:
            for person in people:
                tenant = await engine.tenants.resolve(UUID(person.tenant_id))

                async def rows(scope: Scope) -> list[Any]:
                    return await scope.fetch(
                        "SELECT a.id, a.platform, g.sealed, g.version, g.expires_at, g.client_id "
                        "FROM social_accounts a JOIN grants g ON g.account_id = a.id"
                    )

                for row in await engine.database.run(tenant, rows):
                    values = dict(row)
                    account_id, key = str(values.pop("id")), values.pop("platform")
                    account = await engine.database.run(
                        tenant,
                        lambda scope, wanted=account_id: engine.accounts.get(scope, UUID(wanted)),  # type: ignore[misc]  # mypy cannot infer a lambda with defaults
                    )
                    access = await engine.broker.access(
                        tenant, account.for_adapter(), GrantRow(**values)
                    )
                    network = next(one.network for one in stages if one.key == key)
                    found[account_id] = await whose(http, key, network.url, access.token)
    finally:
        await engine.close()
    return found


async def whose(http: httpx.AsyncClient, key: str, url: str, token: str) -> str:
    headers = {"authorization": f"Bearer {token}"}
    if key == "twitter":
        told = (await http.get(f"{url}/2/users/me", headers=headers)).json()
        return str(told["data"]["username"])
    path = "/youtube/v3/channels?part=snippet&mine=true"
    told = (await http.get(url + path, headers=headers)).json()
    return bare(told["items"][0]["snippet"]["customUrl"])


def bare(handle: str) -> str:
    return handle.removeprefix("@")


def test_fifty_people_connect_at_once_and_everybody_gets_their_own_account(
    twitter: Stage, youtube: Stage, people: list[Person], settings: Settings
) -> None:
    stages = [twitter, youtube]
    attempts = planned(stages, people)
    before = {stage.key: stage.exchanges() for stage in stages}
    shuffled = random.Random(4).sample(attempts, len(attempts))

    async def everybody() -> None:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=120, limits=limits) as http:
            await asyncio.gather(*(ask_to_begin(http, one) for one in attempts))
            await asyncio.to_thread(prepare, attempts)
            await asyncio.gather(*(come_back(http, one) for one in shuffled))

    asyncio.run(everybody())

    for one in attempts:
        told = one.shown
        if one.end == "well":
            assert (told["state"], told.get("isNew")) == ("connected", True), told
            assert bare(told["username"]) == one.handle
            assert {page.status_code for page in one.pages} <= {200, 202}
        else:
            assert told["state"] == "failed", (one.end, told)
            assert told["error"]["code"] == ENDS[one.end], (one.end, told)
            assert f"<code>{ENDS[one.end]}</code>" in one.pages[0].text
    for stage in stages:
        # Well, withheld, foreign code and wrong account; the others never ask the network.
        assert stage.exchanges() - before[stage.key] == 25 + 3
    messages = {one.shown["error"]["message"] for one in attempts if one.end != "well"}
    assert len(messages) >= len(ENDS)

    # The word of the network on whose token we hold, account by account.
    found = asyncio.run(owners(settings, stages, people))
    good = {one.shown["accountId"]: one.handle for one in attempts if one.end == "well"}
    assert len(good) == 50
    assert {key: found[key] for key in good} == good
    # Beside them only what those who were to connect anew had connected before.
    assert len(found) == 50 + 2
    for person in people:
        accounts = person.http.get("/social-accounts?limit=100").json()["data"]
        mine = {one.handle for one in attempts if one.person is person and one.end == "well"}
        assert mine <= {bare(account["username"]) for account in accounts}
        assert len(accounts) <= len(mine) + 2


def test_nothing_secret_is_logged_or_left_behind(
    stage: Stage, person: Person, consent_server: Any, settings: Settings
) -> None:
    """Codes, states, tokens, secrets and verifiers, of ends that are well and that are not."""
    handles = stage.someone(3)
    secret = secrets.token_urlsafe(24)
    client = {"clientId": "own-client", "clientSecret": secret}
    stage.control.call("POST", "oauth/clients", {**client, "anyLoopback": True})
    person.http.put(f"/platforms/{stage.key}/app", json=client)
    words = [secret, "practice-secret"]
    for handle, withheld in zip(handles, ([], [WITHHELD[stage.key]], []), strict=True):
        started = stage.start(person)
        words += [started.state, verifier(person, started.id, settings)]
        location = stage.consent(started, handle, withhold=withheld)
        words.append(parse_qs(urlsplit(location).query)["code"][0])
        if handle == handles[-1]:
            location = location.replace("code=", "code=wrong")
        stage.back(location)
        stage.back(location)
    for grant in stage.control.call("GET", "oauth/grants?tokens=1")["grants"]:
        words += [*grant["accessTokens"], grant["refreshToken"]]
    assert len(words) >= 2 + 3 * 3 + 2
    log = consent_server.log.read_text()
    tables = [
        row["row"]
        for table in ("connect_flows", "social_accounts", "grants", "oauth_apps", "replays")
        for row in person.server.sql(f'SELECT t::text AS row FROM "{person.schema}".{table} t')
    ]
    assert "connect_flow_failed" in log
    assert "account_connected" in log
    for word in filter(None, words):
        assert word not in log
        kept = [row for row in tables if word in row]
        assert not kept, kept


def verifier(person: Person, flow_id: str, settings: Settings) -> str:
    """Opens the PKCE verifier of a flow that waits."""

    async def opened() -> str:
        engine = await Engine.open(settings)
        try:
            tenant = await engine.tenants.resolve(UUID(person.tenant_id))
            sealed = await engine.database.run(
                tenant,
                lambda scope: scope.fetchval(
                    "SELECT sealed FROM connect_flows WHERE id = $1", UUID(flow_id)
                ),
            )
            plain = await engine.vault.open(engine.database, tenant, "connect-flow", sealed)
            return plain.decode()
        finally:
            await engine.close()

    return asyncio.run(opened())
