"""Consent, the three kinds of token, and who may do what."""

from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.instagram.tests.sandbox.conftest import Creator

BACK = "http://127.0.0.1:1/back"
SCOPES = "instagram_business_basic,instagram_business_content_publish"
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


def long_lived(ada: Creator, short: str, **more: str) -> httpx.Response:
    given = {
        "grant_type": "ig_exchange_token",
        "client_secret": "practice-secret",
        "access_token": short,
        **more,
    }
    return ada.http.get(f"{ada.url}/access_token", params=given)


def refreshed(ada: Creator, token: str) -> httpx.Response:
    given = {"grant_type": "ig_refresh_token", "access_token": token}
    return ada.http.get(f"{ada.url}/refresh_access_token", params=given)


def test_a_code_becomes_a_short_token_and_that_a_long_one(ada: Creator, codes: Any) -> None:
    challenge = "x" * 43
    answer = ada.good(trade(ada, consent(ada, code_challenge=challenge)))
    assert str(answer["user_id"]) == ada.account["scopedId"]
    assert answer["permissions"] == SCOPES.split(",")
    tokens = ada.good(long_lived(ada, answer["access_token"]))
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 60 * DAY)
    me = ada.get("me", fields="user_id,username,account_type", access_token=tokens["access_token"])
    assert ada.good(me)["user_id"] == ada.id
    ada.control.advance_clock(3600)
    assert codes(ada.get("me", access_token=answer["access_token"])) == (190, 463)
    assert ada.get("me", access_token=tokens["access_token"]).status_code == 200


def test_a_code_works_once_and_without_its_suffix(ada: Creator) -> None:
    code = consent(ada)
    suffixed = trade(ada, f"{code}#_")
    assert suffixed.status_code == 400
    assert suffixed.json()["error_type"] == "OAuthException"
    assert trade(ada, code).status_code == 200
    assert "already used" in trade(ada, code).json()["error_message"]


def test_a_long_token_renews_itself_once_it_is_a_day_old(ada: Creator, codes: Any) -> None:
    tokens = ada.good(long_lived(ada, trade(ada, consent(ada)).json()["access_token"]))
    old = tokens["access_token"]
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


def test_the_token_may_come_in_a_header(ada: Creator) -> None:
    headers = {"Authorization": f"Bearer {ada.token}"}
    assert ada.http.get(f"{ada.url}/v26.0/me", headers=headers).status_code == 200
    assert ada.http.get(f"{ada.url}/me", headers=headers).status_code == 200


def test_an_account_in_trouble_is_refused_by_its_reason(ada: Creator, codes: Any) -> None:
    container = ada.container()
    for hindrance, path, expected in (
        ("checkpoint", "me", (190, 459)),
        ("password", "me", (190, 460)),
        ("unconfirmed", "me", (190, 464)),
        ("personal", "me", (10, None)),
        ("restricted", "publish", (25, 2207050)),
        ("spam", "publish", (4, 2207051)),
        ("policy", "publish", (368, None)),
    ):
        ada.control.call("POST", "accounts/ada", {"hindrance": hindrance})
        if path == "me":
            answer = ada.get("me")
        else:
            answer = ada.post(f"{ada.id}/media_publish", creation_id=container)
        assert codes(answer) == expected
    ada.control.call("POST", "accounts/ada", {"hindrance": None})
    ada.publish(container)


def test_calls_are_counted_and_throttled(ada: Creator, codes: Any) -> None:
    limit = {"route": "*", "limit": 4, "seconds": 3600, "per": "user", "rolling": True}
    ada.control.call("POST", "limits", limit)
    answer = ada.get("me")
    assert '"call_count":0' in answer.headers["x-app-usage"]
    assert '"call_count":25' in answer.headers["x-business-use-case-usage"]
    for _ in range(3):
        ada.get("me")
    full = ada.get("me")
    assert codes(full) == (80002, None)
    assert '"estimated_time_to_regain_access":60' in full.headers["x-business-use-case-usage"]
    ada.control.advance_clock(3600)
    assert ada.get("me").status_code == 200
    ada.control.call("POST", "limits", {**limit, "limit": 0, "per": "app"})
    assert codes(ada.get("me")) == (4, None)


def test_an_ended_version_is_served_as_the_oldest_one_or_refused(ada: Creator, codes: Any) -> None:
    def at(version: str) -> httpx.Response:
        given = {"access_token": ada.token}
        return ada.http.get(f"{ada.url}/{version}/me", params=given)

    assert at("v26.0").headers["facebook-api-version"] == "v26.0"
    assert at("v18.0").headers["facebook-api-version"] == "v21.0"
    assert codes(at("v27.0")) == (2500, None)
    ada.control.call("POST", "settings", {"endedVersions": "refuse"})
    assert codes(at("v18.0")) == (2635, None)
