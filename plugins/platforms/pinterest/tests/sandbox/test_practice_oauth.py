from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.pinterest.tests.sandbox.conftest import Client

BACK = "http://127.0.0.1:9/back"
APP = ("practice-client", "practice-secret")
DAY = 86_400


def consent_address(client: Client, **more: str) -> str:
    query = {
        "client_id": "practice-client",
        "scope": "boards:read,pins:read,pins:write",
        "response_type": "code",
        "redirect_uri": BACK,
        "state": "s4t",
        **more,
    }
    return f"{client.url}/oauth/?{urllib.parse.urlencode(query)}"


def consented(client: Client, **more: Any) -> dict[str, str]:
    """Lets the person consent and returns the query that he is sent back with."""
    order = {"url": consent_address(client), "account": client.handle, **more}
    location = client.control.call("POST", "oauth/consent", order)["location"]
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))


def trade(client: Client, **form: str) -> httpx.Response:
    return client.http.post("/oauth/token", data=form, auth=APP)


def exchanged(client: Client) -> dict[str, Any]:
    answer = trade(
        client,
        grant_type="authorization_code",
        code=consented(client)["code"],
        redirect_uri=BACK,
    )
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def test_a_person_consents_and_the_code_is_traded_once(ada: Client) -> None:
    assert "See your public Pins" in ada.http.get(consent_address(ada)).text
    code = consented(ada)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    tokens = trade(ada, **form).json()
    assert tokens["scope"] == "boards:read,pins:read,pins:write"
    assert (tokens["expires_in"], tokens["token_type"]) == (30 * DAY, "bearer")
    assert tokens["refresh_token_expires_in"] == 60 * DAY
    assert ada.refusal(trade(ada, **form)) == (400, 1)
    assert "error" in consented(ada, deny=True)


def test_a_secret_in_the_form_proves_nothing(ada: Client) -> None:
    form = {"grant_type": "refresh_token", "client_id": APP[0], "client_secret": APP[1]}
    assert ada.refusal(ada.http.post("/oauth/token", data=form)) == (401, 2)


def test_each_refresh_renews_the_sixty_days(ada: Client) -> None:
    tokens = exchanged(ada)
    for _ in range(3):
        ada.control.advance_clock(50 * DAY)
        answer = trade(ada, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        fresh = answer.json()
        assert answer.status_code == 200
        assert fresh["response_type"] == "refresh_token"
        assert fresh["refresh_token"] != tokens["refresh_token"]
        assert fresh["refresh_token_expires_in"] == 60 * DAY
        tokens = fresh
    ada.control.advance_clock(60 * DAY)
    answer = trade(ada, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert ada.refusal(answer) == (400, 1)


def test_an_access_token_ends_after_thirty_days(ada: Client) -> None:
    ada.control.advance_clock(30 * DAY)
    assert ada.refusal(ada.get("/user_account")) == (401, 2)


def test_an_app_of_old_must_ask_for_continuous_refresh(ada: Client) -> None:
    ada.settings(legacyApp=True)
    code = consented(ada)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    assert ada.refusal(trade(ada, **form)) == (400, 1)
    assert trade(ada, **form, continuous_refresh="true").status_code == 200


def test_the_tokens_of_people_are_revoked_only_where_the_network_does_so(ada: Client) -> None:
    tokens = exchanged(ada)
    form = {"token": tokens["refresh_token"], "token_type_hint": "refresh_token"}
    answer = ada.http.post("/oauth/token/revoke", data=form, auth=APP)
    assert ada.refusal(answer) == (403, 29)
    ada.settings(revokesUserTokens=True)
    assert ada.http.post("/oauth/token/revoke", data=form, auth=APP).status_code == 200
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert ada.http.get("/boards", headers=headers).status_code == 401
