"""A network of many servers: a person names one, and an app is registered there once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


def test_the_platform_says_which_field_names_the_server(person: Any) -> None:
    (fair,) = [one for one in person.http.get("/platforms").json()["data"] if one["key"] == "fair"]
    assert fair["connect"]["kind"] == "oauth"
    assert fair["connect"]["serverField"]["name"] == "server"
    assert {"registersApp", "readsProfile", "collectsAccountMetrics", "receivesWebhooks"} <= set(
        fair["abilities"]
    )


def test_an_account_is_connected_at_the_server_that_was_named(
    person: Any, stand: Any, visit: Any
) -> None:
    one = visit(person, stand.place)
    assert one.page == f"{stand.url}/authorize"
    assert one.query["client_id"] == "app-1"
    assert one.query["redirect_uri"] == "https://here.example/oauth/callback/fair"
    shown = one.back()
    account = person.http.get(f"/social-accounts/{shown['accountId']}").json()
    assert (account["username"], account["platformAccountId"]) == ("ada", f"42@{stand.url}")
    (grant,) = stand.grants
    assert (grant["id"], grant["secret"]) == ("app-1", "secret-1")
    # Neither the secret nor the token is in the open anywhere.
    for table in ("oauth_apps", "grants", "social_accounts", "connect_flows"):
        for row in person.server.sql(f'SELECT t::text AS row FROM "{person.schema}".{table} t'):
            assert "secret-1" not in row["row"]


def test_the_app_is_registered_once_for_each_tenant_and_server(
    person: Any, stranger: Any, stand: Any, other_stand: Any, visit: Any
) -> None:
    # Written in different ways, it is the same server.
    places = [stand.place, f"{stand.url}/", f" {stand.place} "] * 3
    with ThreadPoolExecutor(len(places)) as pool:
        visits = list(pool.map(lambda place: visit(person, place), places))
    assert {one.query["client_id"] for one in visits} == {"app-1"}
    assert stand.apps == 1
    visit(person, other_stand.place)
    visit(stranger, stand.place)
    assert (stand.apps, other_stand.apps) == (2, 1)
    visit(person, stand.place)
    assert stand.apps == 2


def test_an_answer_that_is_lost_registers_another_app_and_nothing_hangs(
    person: Any, stand: Any, visit: Any, refused: Any
) -> None:
    stand.lose_answers = 1
    body = {"platform": "fair", "credentials": {"server": stand.place}}
    refused(person.http.post("/social-accounts", json=body), 502, "NETWORK_UNAVAILABLE")
    assert visit(person, stand.place).query["client_id"] == "app-2"


def test_an_account_is_connected_anew_at_its_own_server(
    person: Any, stand: Any, visit: Any
) -> None:
    account_id = visit(person, stand.place).back()["accountId"]
    again = visit(person, None, accountId=account_id)
    assert again.page == f"{stand.url}/authorize"
    shown = again.back()
    assert (shown["accountId"], shown["isNew"]) == (account_id, False)
    assert stand.apps == 1


@pytest.mark.parametrize(
    ("credentials", "status", "code", "words"),
    [
        (None, 400, "CREDENTIALS_REQUIRED", "Server is missing"),
        ({"server": "  "}, 400, "CREDENTIALS_REQUIRED", "Server is missing"),
        ({"colour": "red"}, 400, "VALIDATION_ERROR", "'colour'"),
        ({"server": "two words"}, 400, "SERVER_REFUSED", "That is no server"),
        ({"server": "x" * 501}, 400, "VALIDATION_ERROR", "too long"),
        # Private places that nobody allowed, by number and by name.
        ({"server": "127.0.0.2"}, 502, "NETWORK_UNAVAILABLE", "inside a private network"),
        ({"server": "169.254.169.254"}, 502, "NETWORK_UNAVAILABLE", "inside a private network"),
        ({"server": "http://[::1]:80"}, 502, "NETWORK_UNAVAILABLE", "inside a private network"),
        ({"server": "localhost:1"}, 502, "NETWORK_UNAVAILABLE", "inside a private network"),
        ({"server": "0x7f000002"}, 502, "NETWORK_UNAVAILABLE", ""),
    ],
)
def test_a_server_that_is_none_is_refused_in_words(
    person: Any, refused: Any, credentials: Any, status: int, code: str, words: str
) -> None:
    body = {"platform": "fair"} | ({} if credentials is None else {"credentials": credentials})
    error = refused(person.http.post("/social-accounts", json=body), status, code)
    assert words in error["message"]
    assert person.rows("connect_flows") == person.rows("app_registrations") == 0


def test_its_apps_are_not_set_by_hand_and_can_be_forgotten(
    person: Any, stand: Any, visit: Any, refused: Any
) -> None:
    visit(person, stand.place)
    assert person.http.get("/platforms/fair/app").json()["owner"] == "servers"
    set_by_hand = person.http.put("/platforms/fair/app", json={"clientId": "mine"})
    refused(set_by_hand, 400, "APP_REGISTERS_ITSELF")
    assert person.http.delete("/platforms/fair/app").status_code == 200
    assert visit(person, stand.place).query["client_id"] == "app-2"


def test_a_consent_page_in_a_dialect_of_its_own(person: Any, visit: Any) -> None:
    query = visit(person, None, platform="fair-dialect").query
    assert (query["client_key"], query["scope"]) == ("the-key", "read,write")
    assert {"client_id", "code_challenge"}.isdisjoint(query)
