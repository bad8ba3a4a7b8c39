from __future__ import annotations

import hashlib
import hmac
import json
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.tiktok.tests.sandbox.conftest import Client, Files

    from mpcas2_testing import CannedServer

CONTRACT = Path(__file__).resolve().parents[1] / "contract"
BACK = "http://127.0.0.1:9/back"
APP = {"client_key": "practice-client", "client_secret": "practice-secret"}
TOKEN = "/v2/oauth/token/"
DAY = 86_400


def consent_address(client: Client, **more: str) -> str:
    query = {
        "client_key": "practice-client",
        "scope": "user.info.basic,video.publish",
        "response_type": "code",
        "redirect_uri": BACK,
        "state": "s4t",
        **more,
    }
    return f"{client.url}/v2/auth/authorize/?{urllib.parse.urlencode(query)}"


def consented(client: Client, **more: Any) -> dict[str, str]:
    """Lets the person consent and returns the query that he is sent back with."""
    order = {"url": consent_address(client), "account": client.handle, **more}
    location = client.control.call("POST", "oauth/consent", order)["location"]
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))


def exchange(client: Client, code: str) -> httpx.Response:
    form = {**APP, "grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    return client.http.post(TOKEN, data=form)


def refresh(client: Client, token: str) -> httpx.Response:
    form = {**APP, "grant_type": "refresh_token", "refresh_token": token}
    return client.http.post(TOKEN, data=form)


def test_a_person_consents_to_scopes_that_stand_between_commas(ada: Client) -> None:
    page = ada.http.get(consent_address(ada))
    assert page.status_code == 200
    assert "Post videos and photos on your profile" in page.text
    back = consented(ada)
    assert back["state"] == "s4t"
    schema = json.loads((CONTRACT / "oauth_authorize.json").read_text())["answers"][0]["schema"]
    Draft202012Validator(schema).validate(back)
    tokens = exchange(ada, back["code"]).json()
    assert tokens["scope"] == "user.info.basic,video.publish"
    assert (tokens["expires_in"], tokens["refresh_expires_in"]) == (7200, 180 * DAY)
    accounts = ada.control.call("GET", "accounts")["accounts"]
    assert tokens["open_id"] == accounts[0]["id"]
    assert exchange(ada, back["code"]).json()["error"] == "invalid_grant"


def test_a_person_who_says_no_is_sent_back_with_an_error(ada: Client) -> None:
    assert consented(ada, deny=True)["error"] == "access_denied"
    withheld = consented(ada, withhold=["video.publish"])
    assert exchange(ada, withheld["code"]).json()["scope"] == "user.info.basic"


def test_the_page_refuses_unknown_apps_and_addresses(ada: Client) -> None:
    for wrong in ({"client_key": "nobody"}, {"redirect_uri": "https://evil.example/"}):
        assert ada.http.get(consent_address(ada, **wrong)).status_code == 400
    blanks = ada.http.get(consent_address(ada, scope="user.info.basic video.publish"))
    assert "error=invalid_scope" in blanks.headers["location"]


def test_a_refresh_gives_a_new_pair_and_the_old_refresh_token_is_dead(ada: Client) -> None:
    first = exchange(ada, consented(ada)["code"]).json()
    ada.control.advance_clock(DAY)
    ada.grant = {"accessToken": first["access_token"]}
    assert ada.refusal("/v2/post/publish/creator_info/query/") == (401, "access_token_invalid")
    second = refresh(ada, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["open_id"] == first["open_id"]
    ada.grant = {"accessToken": second["access_token"]}
    ada.data("/v2/post/publish/creator_info/query/")
    assert refresh(ada, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_dies_after_180_days(ada: Client) -> None:
    token = exchange(ada, consented(ada)["code"]).json()["refresh_token"]
    ada.control.advance_clock(180 * DAY)
    answer = refresh(ada, token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_revoked_token_is_dead_and_webhooks_learn_of_it(ada: Client, web: CannedServer) -> None:
    web.answer("hook")
    ada.control.call("POST", "webhooks", {"url": f"{web.url}/hook"})
    tokens = exchange(ada, consented(ada)["code"]).json()
    answer = ada.http.post("/v2/oauth/revoke/", data={**APP, "token": tokens["access_token"]})
    assert (answer.status_code, answer.json()) == (200, {})
    assert refresh(ada, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    ada.wait_until(lambda: web.received)
    body = json.loads(web.received[0].body)
    assert (body["event"], body["user_openid"]) == ("authorization.removed", tokens["open_id"])
    ada.control.call("POST", "oauth/accounts/ada/revoke")
    ada.wait_until(lambda: len(web.received) == 2)
    assert ada.refusal("/v2/post/publish/creator_info/query/") == (401, "access_token_invalid")


def test_every_event_is_signed_and_fits_its_fixture(
    ada: Client, web: CannedServer, files: type[Files]
) -> None:
    fixture = json.loads((CONTRACT / "webhook.json").read_text())
    contents = {one["event"]: one["content"] for one in fixture["events"]}
    web.answer("hook")
    ada.control.call("POST", "webhooks", {"url": f"{web.url}/hook", "duplicates": 1})
    next_ones = [
        {"takenDownSeconds": 5},
        {"failReason": "spam_risk"},
        {"withdrawReason": "spam_risk"},
    ]
    ada.control.call("POST", "decisions", {"next": next_ones})
    published = [ada.publish(files.mp4()) for _ in range(3)]
    order = {"source_info": ada.video(4096)["source_info"]}
    begun = ada.data("/v2/post/publish/inbox/video/init/", order)
    ada.put(begun["upload_url"], files.mp4(), 0, 4096)
    ada.control.advance_clock(100)
    ada.control.call("POST", "oauth/accounts/ada/revoke")
    # complete, public and gone again; failed; complete and failed; draft; permission: each twice
    ada.wait_until(lambda: len(web.received) == 2 * 8)
    seen: dict[str, set[str]] = {}
    for request in web.received:
        Draft202012Validator(fixture["headers"]["schema"]).validate(request.headers)
        moment, signature = request.headers["tiktok-signature"].split(",")
        signed = moment.removeprefix("t=").encode() + b"." + request.body
        good = hmac.new(b"practice-secret", signed, hashlib.sha256).hexdigest()
        assert signature == f"s={good}"
        body = json.loads(request.body)
        Draft202012Validator(fixture["body"]["schema"]).validate(body)
        content = json.loads(body["content"])
        Draft202012Validator(contents[body["event"]]).validate(content)
        seen.setdefault(body["event"], set()).add(content.get("publish_id", ""))
    assert seen == {
        "post.publish.complete": {published[0], published[2]},
        "post.publish.publicly_available": {published[0]},
        "post.publish.no_longer_publicaly_available": {published[0]},
        "post.publish.failed": {published[1], published[2]},
        "post.publish.inbox_delivered": {begun["publish_id"]},
        "authorization.removed": {""},
    }


def test_each_app_s_events_are_signed_with_its_own_secret(
    ada: Client, web: CannedServer, client_of: Callable[[str], Client]
) -> None:
    web.answer("hook")
    client = {"clientId": "other", "clientSecret": "other-secret", "redirectUris": [BACK]}
    ada.control.call("POST", "oauth/clients", client)
    ada.control.call("POST", "oauth/grants", {"account": "bob", "clientId": "other"})
    ada.control.call("POST", "webhooks", {"url": f"{web.url}/hook"})
    client_of("carol")
    ada.control.call("POST", "oauth/accounts/bob/revoke")
    ada.wait_until(lambda: web.received)
    (request,) = web.received
    moment, signature = request.headers["tiktok-signature"].split(",")
    signed = moment.removeprefix("t=").encode() + b"." + request.body
    assert signature == f"s={hmac.new(b'other-secret', signed, hashlib.sha256).hexdigest()}"
