"""Consent with a choice of Pages, the kinds of token, and what ends them."""

from __future__ import annotations

import hashlib
import hmac
import urllib.parse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.facebook.tests.sandbox.conftest import Publisher

BACK = "http://127.0.0.1:1/back"
SCOPES = "pages_show_list,pages_read_engagement,pages_manage_posts"
DAY = 86_400


def consent(ada: Publisher, account: str = "ada", **order: Any) -> str:
    """Consents by machine and returns the code."""
    query = {
        "client_id": "practice-client",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": SCOPES,
        "state": "s1",
    }
    url = f"{ada.url}/v26.0/dialog/oauth?{urllib.parse.urlencode(query)}"
    assert ada.http.get(url).status_code == 200
    told = ada.control.call("POST", "oauth/consent", {"account": account, "url": url, **order})
    parts = urllib.parse.parse_qs(urllib.parse.urlsplit(told["location"]).query)
    assert parts["state"] == ["s1"]
    code: str = parts["code"][0]
    return code


def trade(ada: Publisher, **given: str) -> httpx.Response:
    form = {"client_id": "practice-client", "client_secret": "practice-secret", **given}
    return ada.http.get(f"{ada.url}/v26.0/oauth/access_token", params=form)


def user_tokens(ada: Publisher, account: str = "ada", **order: Any) -> tuple[str, str]:
    """Returns the short-lived and the long-lived token of a new consent."""
    answer = ada.good(trade(ada, redirect_uri=BACK, code=consent(ada, account, **order)))
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 5400)
    short = answer["access_token"]
    traded = ada.good(trade(ada, grant_type="fb_exchange_token", fb_exchange_token=short))
    assert traded["expires_in"] == 60 * DAY
    return short, traded["access_token"]


def pages_of(ada: Publisher, token: str) -> list[dict[str, Any]]:
    fields = "id,name,access_token,tasks"
    listed: list[dict[str, Any]] = ada.get("me/accounts", access_token=token, fields=fields)["data"]
    return listed


def test_a_page_token_of_a_long_token_outlives_it(ada: Publisher, codes: Any) -> None:
    short, long = user_tokens(ada)
    brief, lasting = pages_of(ada, short)[0], pages_of(ada, long)[0]
    assert lasting["id"] == ada.page
    assert "CREATE_CONTENT" in lasting["tasks"]
    assert pages_of(ada, long)[0]["access_token"] == lasting["access_token"]
    ada.control.advance_clock(5400)
    assert codes(ada.call("GET", "me", access_token=short)) == (190, 463)
    assert codes(ada.call("GET", "me", access_token=brief["access_token"])) == (190, 463)
    ada.control.advance_clock(60 * DAY)
    assert codes(ada.call("GET", "me", access_token=long)) == (190, 463)
    me = ada.get("me", access_token=lasting["access_token"], fields="name,followers_count")
    assert me["id"] == ada.page
    ada.control.advance_clock(30 * DAY)
    assert codes(ada.call("GET", "me", access_token=lasting["access_token"])) == (190, 467)


def test_only_the_chosen_pages_are_listed(ada: Publisher, codes: Any) -> None:
    first, second = (one["id"] for one in ada.accounts["duo"]["pages"])
    both = pages_of(ada, user_tokens(ada, "duo")[1])
    assert [one["id"] for one in both] == [first, second]
    _, one_only = user_tokens(ada, "duo", places=[second])
    assert [one["id"] for one in pages_of(ada, one_only)] == [second]
    assert codes(ada.call("GET", first, access_token=one_only)) == (100, 33)
    assert pages_of(ada, user_tokens(ada, "nora")[1]) == []


def test_a_code_works_once_and_bad_exchanges_are_refused(ada: Publisher, codes: Any) -> None:
    code = consent(ada)
    assert codes(trade(ada, redirect_uri=f"{BACK}/x", code=code)) == (100, 36009)
    code = consent(ada)
    ada.good(trade(ada, redirect_uri=BACK, code=code))
    assert codes(trade(ada, redirect_uri=BACK, code=code)) == (100, 36009)
    for given, expected in (
        ({"client_id": "nobody"}, 101),
        ({"client_secret": "wrong"}, 1),
        ({"client_secret": ""}, 100),
        ({"code": ""}, 100),
        ({"grant_type": "password"}, 100),
        ({"grant_type": "fb_exchange_token"}, 100),
        ({"grant_type": "fb_exchange_token", "fb_exchange_token": "x"}, 190),
        ({"grant_type": "fb_exchange_token", "fb_exchange_token": ada.token}, 100),
    ):
        answer = trade(ada, **{"redirect_uri": BACK, "code": "x", **given})
        assert codes(answer)[0] == expected, given


def test_the_end_of_a_grant_ends_its_page_tokens(ada: Publisher, codes: Any) -> None:
    ada.control.call("POST", "accounts/ada/deauthorize")
    assert codes(ada.call("GET", "me")) == (190, 458)
    user = ada.new_token(kind="long")
    page = pages_of(ada, user)[0]["access_token"]
    assert ada.good(ada.call("DELETE", "me/permissions", access_token=user))["success"] is True
    assert codes(ada.call("GET", "me", access_token=page)) == (190, 458)


def test_a_hindrance_of_the_person_names_its_subcode(ada: Publisher, codes: Any) -> None:
    hindrances = {"checkpoint": 459, "password": 460, "unconfirmed": 464, "invalid": 467}
    for hindrance, subcode in hindrances.items():
        ada.control.call("POST", "accounts/ada", {"hindrance": hindrance})
        assert codes(ada.call("GET", "me")) == (190, subcode)
    ada.control.call("POST", "accounts/ada", {"hindrance": None})
    assert ada.get("me")["id"] == ada.page


def test_a_hindrance_of_the_page_stops_publishing_only(ada: Publisher, codes: Any) -> None:
    expected = {
        "policy": (368, 1390008),
        "too_fast": (368, 1346003),
        "content": (368, 1404102),
        "limited": (368, 1404112),
        "authorization": (200, 1404078),
        "identity": (200, 4854002),
        "role": (10, None),
    }
    for hindrance, pair in expected.items():
        ada.control.call("POST", f"pages/{ada.page}", {"hindrance": hindrance})
        assert codes(ada.call("POST", f"{ada.page}/feed", message="Hi")) == pair
        assert ada.get(ada.page)["id"] == ada.page
    ada.control.call("POST", f"pages/{ada.page}", {"hindrance": None, "tasks": ["ANALYZE"]})
    assert codes(ada.call("POST", f"{ada.page}/feed", message="Hi")) == (200, None)


def test_a_token_is_checked_with_the_apps_own(ada: Publisher, codes: Any) -> None:
    app = ada.good(trade(ada, grant_type="client_credentials"))["access_token"]
    shown = ada.get("debug_token", access_token=app, input_token=ada.token)["data"]
    assert (shown["type"], shown["is_valid"], shown["expires_at"]) == ("PAGE", True, 0)
    assert shown["profile_id"] == ada.page
    ada.control.call("POST", "accounts/ada/deauthorize")
    shown = ada.get("debug_token", access_token=app, input_token=ada.token)["data"]
    assert (shown["is_valid"], shown["error"]["subcode"]) == (False, 458)
    unknown = ada.get("debug_token", access_token=app, input_token="x")["data"]
    assert unknown["is_valid"] is False
    assert codes(ada.call("GET", "debug_token", access_token="a|b", input_token="x"))[0] == 101
    assert codes(ada.call("GET", "debug_token", access_token=app))[0] == 100


def test_a_proof_is_checked_and_may_be_required(ada: Publisher, codes: Any) -> None:
    proof = hmac.new(b"practice-secret", ada.token.encode(), hashlib.sha256).hexdigest()
    ada.get("me", appsecret_proof=proof)
    ada.settings(requiresProof=True)
    assert codes(ada.call("GET", "me")) == (100, None)
    ada.get("me", appsecret_proof=proof)


def test_an_ended_version_is_served_as_the_oldest_living_one(ada: Publisher, codes: Any) -> None:
    def served(version: str) -> httpx.Response:
        return ada.http.get(f"{ada.url}/{version}/me", params={"access_token": ada.token})

    assert served("v18.0").headers["facebook-api-version"] == "v21.0"
    assert served("v26.0").headers["facebook-api-version"] == "v26.0"
    assert codes(served("v27.0")) == (2500, None)
    ada.settings(oldestVersion=27, newestVersion=29)
    assert served("v26.0").headers["facebook-api-version"] == "v27.0"
    ada.settings(endedVersions="refuse")
    assert codes(served("v26.0")) == (2635, None)


def test_windows_are_told_and_refused_by_who_calls(ada: Publisher, codes: Any) -> None:
    user = ada.new_token(kind="long")

    def limit(route: str, per: str) -> None:
        ada.control.call("POST", "limits", {"route": route, "limit": 0, "per": per, "seconds": 600})

    answer = ada.call("GET", "me")
    assert '"estimated_time_to_regain_access":0' in answer.headers["X-Business-Use-Case-Usage"]
    assert "X-Business-Use-Case-Usage" not in ada.call("GET", "me", access_token=user).headers
    limit("page", "user")
    spent = ada.call("GET", "me")
    assert codes(spent) == (80001, None)
    assert '"estimated_time_to_regain_access":10' in spent.headers["X-Business-Use-Case-Usage"]
    assert '"type":"pages"' in spent.headers["X-Business-Use-Case-Usage"]
    ada.settings(pageThrottle=32)
    assert codes(ada.call("GET", "me")) == (32, None)
    limit("user", "user")
    assert codes(ada.call("GET", "me", access_token=user)) == (17, None)
    limit("*", "app")
    spent = ada.call("GET", "me", access_token=user)
    assert codes(spent) == (4, None)
    assert '"call_count":100' in spent.headers["X-App-Usage"]
    assert spent.json()["error"]["is_transient"] is True
