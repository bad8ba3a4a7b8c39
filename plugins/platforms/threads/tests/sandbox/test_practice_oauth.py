"""Consent, tokens that renew themselves, accounts in trouble, and throttled calls."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.threads.tests.sandbox.conftest import Creator

BACK = "http://127.0.0.1:9/back"
SCOPES = "threads_basic,threads_content_publish"
DAY = 86_400


def consent(ada: Creator, **more: str) -> str:
    """Consents by machine and returns the code as the redirect carries it."""
    query = {
        "client_id": "practice-client",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": SCOPES,
        "state": "s1",
        **more,
    }
    url = f"{ada.url}/oauth/authorize?{urllib.parse.urlencode(query)}"
    order = {"account": "ada", "url": url}
    location: str = ada.control.call("POST", "oauth/consent", order)["location"]
    assert location.endswith("#_")
    parts = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)
    assert parts["state"] == ["s1"]
    return parts["code"][0]


def trade(ada: Creator, code: str, **more: str) -> httpx.Response:
    form = {
        "client_id": "practice-client",
        "client_secret": "practice-secret",
        "grant_type": "authorization_code",
        "redirect_uri": BACK,
        "code": code,
        **more,
    }
    return ada.http.post(f"{ada.url}/oauth/access_token", data=form)


def long_lived(ada: Creator, short: str) -> httpx.Response:
    given = {
        "grant_type": "th_exchange_token",
        "client_secret": "practice-secret",
        "access_token": short,
    }
    return ada.http.get(f"{ada.url}/access_token", params=given)


def refreshed(ada: Creator, token: str) -> httpx.Response:
    given = {"grant_type": "th_refresh_token", "access_token": token}
    return ada.http.get(f"{ada.url}/refresh_access_token", params=given)


def test_a_code_becomes_a_short_token_and_that_a_long_one(ada: Creator, codes: Any) -> None:
    answer = ada.good(trade(ada, consent(ada, code_challenge="x" * 43)))
    assert answer["user_id"] == ada.ids["ada"]
    tokens = ada.good(long_lived(ada, answer["access_token"]))
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 60 * DAY)
    me = ada.get("me", fields="id,username,name", access_token=tokens["access_token"])
    assert ada.good(me) == {"id": ada.ids["ada"], "username": "ada", "name": "Ada Okoro"}
    ada.control.advance_clock(3600)
    assert codes(ada.get("me", access_token=answer["access_token"])) == (190, 463)
    assert ada.get("me", access_token=tokens["access_token"]).status_code == 200


def test_a_code_works_once_and_without_its_suffix(ada: Creator) -> None:
    code = consent(ada)
    assert trade(ada, f"{code}#_").status_code == 400
    assert trade(ada, code).status_code == 200
    assert "already used" in trade(ada, code).json()["error_message"]


def test_a_long_token_renews_itself_once_it_is_a_day_old(ada: Creator, codes: Any) -> None:
    short = trade(ada, consent(ada)).json()["access_token"]
    assert codes(refreshed(ada, short)) == (100, None)
    old = ada.good(long_lived(ada, short))["access_token"]
    assert codes(refreshed(ada, old)) == (100, None)
    ada.control.advance_clock(59 * DAY)
    fresh = ada.good(refreshed(ada, old))["access_token"]
    assert ada.get("me", access_token=old).status_code == 200
    ada.control.advance_clock(2 * DAY)
    assert codes(refreshed(ada, old)) == (190, 463)
    assert ada.get("me", access_token=fresh).status_code == 200
    ada.control.call("POST", "settings", {"refreshEndsOld": True})
    ada.good(refreshed(ada, fresh))
    assert codes(ada.get("me", access_token=fresh)) == (190, 458)


def test_an_app_has_a_token_of_its_own(ada: Creator) -> None:
    given = {
        "grant_type": "client_credentials",
        "client_id": "practice-client",
        "client_secret": "practice-secret",
    }
    answer = ada.good(ada.http.get(f"{ada.url}/oauth/access_token", params=given))
    assert answer["access_token"] == "TH|practice-client|practice-secret"


def test_the_token_may_come_in_a_header(ada: Creator) -> None:
    headers = {"Authorization": f"Bearer {ada.token}"}
    assert ada.http.get(f"{ada.url}/v1.0/me", headers=headers).status_code == 200
    assert ada.http.get(f"{ada.url}/me", headers=headers).status_code == 200


def test_an_account_in_trouble_is_refused_by_its_reason(ada: Creator, codes: Any) -> None:
    container = ada.container()
    for hindrance, expected in (
        ("checkpoint", (190, 459)),
        ("password", (190, 460)),
        ("unconfirmed", (190, 464)),
    ):
        ada.control.call("POST", "accounts/ada", {"hindrance": hindrance})
        assert codes(ada.get("me")) == expected
    ada.control.call("POST", "accounts/ada", {"hindrance": "policy"})
    assert ada.get("me").status_code == 200
    assert codes(ada.post("me/threads_publish", creation_id=container)) == (368, None)
    ada.control.call("POST", "accounts/ada", {"hindrance": None})
    ada.publish(container)


def test_calls_are_counted_and_throttled(ada: Creator, codes: Any) -> None:
    limit = {"route": "*", "limit": 4, "seconds": 3600, "per": "user", "rolling": True}
    ada.control.call("POST", "limits", limit)
    assert '"call_count":25' in ada.get("me").headers["x-app-usage"]
    for _ in range(3):
        ada.get("me")
    full = ada.get("me")
    assert codes(full) == (17, None)
    assert '"call_count":100' in full.headers["x-app-usage"]
    ada.control.advance_clock(3600)
    assert ada.get("me").status_code == 200
    ada.control.call("POST", "limits", {**limit, "limit": 0, "per": "app"})
    assert codes(ada.get("me")) == (4, None)


def test_accounts_can_be_added(ada: Creator) -> None:
    made = ada.control.call("POST", "accounts", {"count": 2, "prefix": "crowd"})["accounts"]
    assert [one["handle"] for one in made] == ["crowd5", "crowd6"]
    token = ada.new_token("crowd5")
    assert ada.good(ada.get("me", access_token=token))["id"] == made[0]["id"]
