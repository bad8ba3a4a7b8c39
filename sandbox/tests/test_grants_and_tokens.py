from __future__ import annotations

import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest

from mpcas2_sandbox import ControlError
from mpcas2_sandbox.oauth import PRACTICE_CLIENT_ID, PRACTICE_CLIENT_SECRET

if TYPE_CHECKING:
    from sandbox.tests.conftest import Visitor

REDIRECT = "http://127.0.0.1:9/back"


def ask(path: str, **changes: str) -> str:
    given = {"response_type": "code", "redirect_uri": REDIRECT, "state": "s", **changes}
    return f"{path}?{urllib.parse.urlencode(given)}"


def code_of(location: str) -> str:
    return urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]


def secrets(name: str) -> dict[str, str]:
    return {name: PRACTICE_CLIENT_ID, "client_secret": PRACTICE_CLIENT_SECRET}


def dialog(**changes: str) -> str:
    return ask("/dialog", client_id=PRACTICE_CLIENT_ID, scope="pages read", **changes)


def short_token(depot: Visitor, **order: Any) -> str:
    code = code_of(depot.consent(dialog(), **order))
    form = {**secrets("client_id"), "code": code, "redirect_uri": REDIRECT}
    answer = depot.get("/token?" + urllib.parse.urlencode(form))
    assert answer.status == 200, answer.text
    token: str = answer.json()["token"]
    return token


def test_a_network_may_name_and_separate_things_in_its_own_way(commas: Visitor) -> None:
    path = ask("/authorize", client_key=PRACTICE_CLIENT_ID, scope="read,write")
    form = {"grant_type": "authorization_code", "code": code_of(commas.consent(path))}
    answer = commas.send(
        "POST", "/token", {**form, **secrets("client_key"), "redirect_uri": REDIRECT}
    )
    told = answer.json()
    assert (told["scope"], told["open_id"], told["refresh_expires_in"]) == ("read,write", "1", 1000)
    commas.control.advance_clock(400)
    refresh = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    again = commas.send("POST", "/token", {**refresh, **secrets("client_key")}).json()
    assert again["refresh_token"] == told["refresh_token"]
    assert 595 <= again["refresh_expires_in"] <= 600
    assert commas.get(f"/me?access_token={again['access_token']}").status == 200
    commas.control.advance_clock(601)
    late = commas.send("POST", "/token", {**refresh, **secrets("client_key")})
    assert (late.status, late.json()["error"]) == (400, "invalid_grant")


def test_a_request_without_scopes_gets_the_usual_ones(commas: Visitor) -> None:
    path = ask("/authorize", client_key=PRACTICE_CLIENT_ID)
    code = code_of(commas.consent(path))
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert (
        commas.send("POST", "/token", {**form, **secrets("client_key")}).json()["scope"] == "read"
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"scope": "read write"}, "invalid_scope"), ({"scope": "sing"}, "invalid_scope")],
)
def test_scopes_in_the_wrong_form_are_refused(
    commas: Visitor, changes: dict[str, str], error: str
) -> None:
    location = commas.consent(ask("/authorize", client_key=PRACTICE_CLIENT_ID, **changes))
    assert urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["error"] == [error]


def test_a_secret_in_a_header_counts_for_nothing_where_only_the_form_does(commas: Visitor) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_key": PRACTICE_CLIENT_ID}
    headers = {"Authorization": "Basic cHJhY3RpY2UtY2xpZW50OnByYWN0aWNlLXNlY3JldA=="}
    assert commas.send("POST", "/token", form, headers).json()["error"] == "invalid_client"


def test_an_app_may_ask_only_for_the_scopes_that_it_was_registered_with(commas: Visitor) -> None:
    client = {"clientId": "own", "clientSecret": "s", "anyLoopback": True, "scopes": ["read"]}
    commas.control.call("POST", "oauth/clients", client)
    assert "code=" in commas.consent(ask("/authorize", client_key="own", scope="read"))
    refused = commas.consent(ask("/authorize", client_key="own", scope="read,write"))
    assert "error=invalid_scope" in refused


def test_a_redirect_ends_with_what_the_network_appends(depot: Visitor) -> None:
    assert depot.consent(dialog()).endswith("#_")


def test_chosen_places_end_in_the_grant(depot: Visitor) -> None:
    everywhere = depot.get(f"/me?access_token={short_token(depot)}").json()
    assert everywhere["places"] == ["70-1", "70-2"]
    one = depot.get(f"/me?access_token={short_token(depot, places=['70-2', '71-1'])}").json()
    assert one == {"id": "70", "kind": "short", "place": "", "places": ["70-2"]}
    none = depot.control.call("POST", "oauth/grants", {"account": "ada", "places": []})
    assert (none["places"], none["refreshToken"]) == ([], None)


def test_the_consent_page_offers_each_accounts_places_and_takes_its_own_only(
    depot: Visitor,
) -> None:
    page = depot.get(dialog())
    assert page.text.count("Which pages?") == 7
    assert "form:has(.who-1:checked) .of-1" in page.text
    fields = "account=bob&decision=allow&scope=pages&place=71-2&place=70-1"
    sent = depot.send("POST", dialog(), fields.encode())
    form = {**secrets("client_id"), "code": code_of(sent.headers["location"])}
    form["redirect_uri"] = REDIRECT
    token = depot.get("/token?" + urllib.parse.urlencode(form)).json()["token"]
    shown = depot.get(f"/me?access_token={token}").json()
    assert (shown["id"], shown["places"]) == ("71", ["71-2"])


def test_kinds_of_tokens_live_and_die_by_themselves(depot: Visitor) -> None:
    short = short_token(depot)
    long = depot.get(f"/token/long?access_token={short}").json()["token"]
    page = depot.get(f"/token/page?place=70-1&access_token={long}").json()["token"]
    assert depot.get(f"/token/page?place=71-1&access_token={long}").status == 403
    depot.control.advance_clock(4000)
    assert depot.get(f"/me?access_token={short}").json() == {"error": "expired"}
    assert depot.get(f"/me?access_token={long}").json()["kind"] == "long"
    fresh = depot.get(f"/token/long?ends=1&access_token={long}").json()["token"]
    assert depot.get(f"/me?access_token={long}").json() == {"error": "revoked"}
    assert depot.get(f"/me?access_token={fresh}").status == 200
    depot.control.advance_clock(400 * 86_400)
    assert depot.get(f"/me?access_token={fresh}").json() == {"error": "expired"}
    shown = depot.send("GET", "/me", headers={"Authorization": f"Bearer {page}"}).json()
    assert (shown["kind"], shown["place"]) == ("page", "70-1")
    depot.control.call("POST", "oauth/accounts/ada/revoke")
    assert depot.get(f"/me?access_token={page}").json() == {"error": "revoked"}


@pytest.mark.parametrize(
    "changes",
    [{"code": "foreign"}, {"redirect_uri": REDIRECT + "/2"}, {"client_secret": "guessed"}],
)
def test_a_wrong_code_is_refused_at_a_route_of_the_networks_own(
    depot: Visitor, changes: dict[str, str]
) -> None:
    code = code_of(depot.consent(dialog()))
    form = {**secrets("client_id"), "code": code, "redirect_uri": REDIRECT, **changes}
    refused = depot.get("/token?" + urllib.parse.urlencode(form))
    wanted = 401 if "client_secret" in changes else 400
    assert refused.status == wanted
    assert depot.control.call("GET", "oauth/counters")["refused_exchanges"] == 1


def test_a_late_or_repeated_code_is_refused_too(depot: Visitor) -> None:
    late = code_of(depot.consent(dialog()))
    depot.control.advance_clock(601)
    fresh = code_of(depot.consent(dialog()))
    form = {**secrets("client_id"), "redirect_uri": REDIRECT}
    statuses = [
        depot.get("/token?" + urllib.parse.urlencode({**form, "code": code})).status
        for code in (late, fresh, fresh)
    ]
    assert statuses == [400, 200, 400]


def test_nobody_can_be_made_to_consent_who_is_not_there(depot: Visitor) -> None:
    with pytest.raises(ControlError, match="no account of that handle"):
        depot.consent(dialog(), account="zoe")
