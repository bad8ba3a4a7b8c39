from __future__ import annotations

import base64
import hashlib
import urllib.parse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.twitter.tests.sandbox.conftest import Member

    from mpcas2_sandbox import SandboxProcess

VERIFIER = "v" * 43
DIGEST = hashlib.sha256(VERIFIER.encode()).digest()
REDIRECT = "http://localhost:8765/oauth/twitter/callback"
BASIC = "Basic " + base64.b64encode(b"practice-client:practice-secret").decode()
SCOPES = "tweet.read tweet.write users.read media.write offline.access"


class App:
    """An app that connects accounts."""

    def __init__(self, x: SandboxProcess) -> None:
        self.x = x

    def ask(self, **changes: str) -> str:
        given = {
            "response_type": "code",
            "client_id": "practice-client",
            "redirect_uri": REDIRECT,
            "scope": SCOPES,
            "state": "abc",
            "code_challenge": base64.urlsafe_b64encode(DIGEST).decode().rstrip("="),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{self.x.url}/i/oauth2/authorize?{urllib.parse.urlencode(given)}"

    def code(self, account: str = "ada") -> str:
        form = {"account": account, "scope": SCOPES.split(), "decision": "allow"}
        answer = httpx.post(self.ask(), data=form, trust_env=False)
        assert answer.status_code == 302
        query = urllib.parse.urlsplit(answer.headers["location"]).query
        return dict(urllib.parse.parse_qsl(query))["code"]

    def token(self, **form: str) -> httpx.Response:
        headers = {"Authorization": BASIC}
        url = f"{self.x.url}/2/oauth2/token"
        return httpx.post(url, data=form, headers=headers, trust_env=False)

    def exchange(self, code: str, verifier: str = VERIFIER) -> httpx.Response:
        return self.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=REDIRECT,
            code_verifier=verifier,
        )

    def refresh(self, token: str) -> httpx.Response:
        return self.token(grant_type="refresh_token", refresh_token=token)

    def me(self, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{self.x.url}/2/users/me", headers=headers, trust_env=False)


@pytest.fixture
def app(x: SandboxProcess) -> App:
    return App(x)


def said(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def test_an_account_is_connected_by_consent(app: App) -> None:
    page = httpx.get(app.ask(), trust_env=False)
    assert "@ada" in page.text
    assert "Post, repost and delete for you" in page.text
    tokens = app.exchange(app.code("bob")).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 7200)
    assert tokens["scope"] == SCOPES
    me = app.me(tokens["access_token"]).json()["data"]
    assert (me["username"], me["name"]) == ("bob", "Bob")


def test_the_token_endpoint_speaks_as_x_does(app: App) -> None:
    bad_code = (400, "invalid_request", "Value passed for the authorization code was invalid.")
    assert said(app.exchange("invented")) == bad_code
    code = app.code()
    assert said(app.exchange(code, "w" * 43))[0:2] == (400, "invalid_request")
    app.x.control.advance_clock(31)
    assert said(app.exchange(code)) == bad_code
    bad_token = (400, "invalid_request", "Value passed for the token was invalid.")
    assert said(app.refresh("invented")) == bad_token
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "practice-client"}
    bare = httpx.post(f"{app.x.url}/2/oauth2/token", data=form, trust_env=False)
    assert said(bare) == (401, "unauthorized_client", "Missing valid authorization header")


def test_a_refresh_token_works_once(app: App) -> None:
    first = app.exchange(app.code()).json()
    second = app.refresh(first["refresh_token"]).json()
    assert app.refresh(first["refresh_token"]).status_code == 400
    assert app.refresh(second["refresh_token"]).status_code == 400
    assert app.me(second["access_token"]).status_code == 401


def test_an_app_without_pkce_is_sent_back(app: App) -> None:
    answer = httpx.get(app.ask(code_challenge=""), trust_env=False)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query))
    assert (query["error"], query["state"]) == ("invalid_request", "abc")


def test_missing_invented_and_expired_tokens_are_all_unauthorized(app: App, ada: Member) -> None:
    bare = httpx.get(f"{app.x.url}/2/users/me", trust_env=False)
    for answer in (bare, app.me("invented")):
        assert answer.status_code == 401
        assert answer.json() == {
            "type": "about:blank",
            "title": "Unauthorized",
            "detail": "Unauthorized",
            "status": 401,
        }
    ada.control.advance_clock(7201)
    assert ada.refusal(ada.post(text="late"))[0] == 401


@pytest.mark.parametrize(
    ("lacking", "path"),
    [("tweet.write", "/2/tweets"), ("media.write", "/2/media/upload/initialize")],
)
def test_a_missing_scope_is_forbidden(x: SandboxProcess, lacking: str, path: str) -> None:
    scopes = [one for one in SCOPES.split() if one != lacking]
    grant = x.control.call("POST", "oauth/grants", {"account": "ada", "scopes": scopes})
    headers = {"Authorization": f"Bearer {grant['accessToken']}"}
    answer = httpx.post(f"{x.url}{path}", json={}, headers=headers, trust_env=False)
    assert answer.status_code == 403
    assert lacking in answer.json()["detail"]


def test_every_answer_of_a_limited_route_tells_the_window(ada: Member, bob: Member) -> None:
    now = datetime.now(UTC).timestamp()
    made, refused = ada.post(text="one"), ada.post(text="")
    for answer, left in ((made, "99"), (refused, "98")):
        assert answer.headers["x-rate-limit-limit"] == "100"
        assert answer.headers["x-rate-limit-remaining"] == left
        assert 0 < int(answer.headers["x-rate-limit-reset"]) - now <= 902
    assert bob.post(text="one").headers["x-rate-limit-remaining"] == "99"
    limits = {
        "GET /2/users/me": "75",
        f"GET /2/users/{ada.id}/tweets": "900",
        "DELETE /2/tweets/1": "50",
    }
    for call, limit in limits.items():
        method, path = call.split()
        assert ada.http.request(method, path).headers["x-rate-limit-limit"] == limit


def test_a_full_window_throttles_until_it_ends(ada: Member) -> None:
    ada.limit("POST /2/tweets", 2, seconds=60)
    ada.posted(text="one")
    ada.posted(text="two")
    answer = ada.post(text="three")
    assert ada.refusal(answer) == (429, "Too Many Requests")
    assert answer.headers["x-rate-limit-remaining"] == "0"
    reset = int(answer.headers["x-rate-limit-reset"])
    ada.control.advance_clock(reset - datetime.now(UTC).timestamp())
    ada.posted(text="three")
    stats = ada.control.call("GET", "stats")
    assert (stats["throttled"], stats["posts"]) == (1, 3)


def test_the_apps_window_counts_all_accounts(ada: Member, bob: Member) -> None:
    ada.limit("POST /2/tweets", 2, seconds=86_400, per="app")
    ada.posted(text="one")
    bob.posted(text="two")
    answer = bob.post(text="three")
    assert (answer.status_code, answer.headers["x-rate-limit-limit"]) == (429, "2")
    ada.limit("POST /2/tweets", None, per="app")
    bob.posted(text="three")


def test_spent_credits_are_told_and_can_be_bought(ada: Member) -> None:
    ada.settings(creditsLeft=1)
    ada.posted(text="one")
    answer = ada.post(text="two")
    assert answer.status_code == 402
    assert answer.json()["title"] == "CreditsDepleted"
    assert ada.http.get("/2/users/me").status_code == 402
    ada.settings(creditsLeft=None)
    ada.posted(text="two")


def test_the_timeline_pages_and_filters(ada: Member) -> None:
    ids = [ada.posted(text=f"post {count}") for count in range(7)]
    reply = ada.reply(ids[0]).json()["data"]["id"]
    page = ada.timeline(max_results="5")
    assert [one["id"] for one in page["data"]] == [reply, *ids[:2:-1]]
    assert (page["meta"]["result_count"], page["meta"]["newest_id"]) == (5, reply)
    rest = ada.timeline(max_results="5", pagination_token=page["meta"]["next_token"])
    assert [one["id"] for one in rest["data"]] == ids[2::-1]
    assert "next_token" not in rest["meta"]
    assert len(ada.timeline(exclude="replies,retweets")["data"]) == 7
    assert [one["id"] for one in ada.timeline(since_id=ids[5])["data"]] == [reply, ids[6]]
    assert [one["id"] for one in ada.timeline(until_id=ids[1])["data"]] == [ids[0]]


def test_the_timeline_knows_times(ada: Member) -> None:
    old = ada.posted(text="old")
    ada.control.advance_clock(100)
    now = ada.control.call("GET", "clock")["now"]
    new = ada.posted(text="new")
    assert [one["id"] for one in ada.timeline(start_time=now)["data"]] == [new]
    assert [one["id"] for one in ada.timeline(end_time=now)["data"]] == [old]


@pytest.mark.parametrize(
    "query",
    [
        {"max_results": "4"},
        {"max_results": "101"},
        {"start_time": "yesterday"},
        {"start_time": "2026-11-23T10:00:00"},
        {"since_id": "x"},
        {"exclude": "likes"},
        {"tweet.fields": "colour"},
        {"post.fields": "created_at,created_at"},
        {"expansions": "everything"},
        {"pagination_token": "zzz"},
        {"limit": "5"},
    ],
)
def test_a_wrong_query_is_refused(ada: Member, query: dict[str, str]) -> None:
    answer = ada.http.get(f"/2/users/{ada.id}/tweets", params=query)
    assert ada.refusal(answer)[0] == 400


def test_the_timeline_can_lag(ada: Member) -> None:
    ada.settings(timelineLagSeconds=30)
    post_id = ada.posted(text="not there yet")
    assert ada.timeline()["meta"] == {"result_count": 0}
    assert ada.http.get(f"/2/tweets/{post_id}").json()["data"]["id"] == post_id
    ada.control.advance_clock(31)
    assert ada.timeline()["meta"]["result_count"] == 1


def test_figures_grow_and_the_private_ones_are_private(ada: Member, bob: Member) -> None:
    post_id = ada.posted(text="watch me @bob")
    bob.reply(post_id)
    query = {"ids": f"{post_id},5", "tweet.fields": "public_metrics,non_public_metrics"}

    def figures(member: Member, **changes: str) -> Any:
        return member.http.get("/2/tweets", params={**query, **changes}).json()

    ada.control.advance_clock(3600)
    first = figures(ada)
    assert first["errors"][0]["resource_id"] == "5"
    public = first["data"][0]["public_metrics"]
    assert public["reply_count"] == 1
    assert public["impression_count"] > public["like_count"] > public["retweet_count"]
    assert first["data"][0]["non_public_metrics"]["url_link_clicks"] >= 0
    ada.control.advance_clock(3000)
    later = figures(ada)["data"][0]["public_metrics"]
    assert later["impression_count"] > public["impression_count"]
    foreign = figures(bob, ids=post_id)
    assert "non_public_metrics" not in foreign["data"][0]
    assert foreign["errors"][0]["field"] == "non_public_metrics"


def test_both_selectors_are_answered_in_their_own_words(ada: Member) -> None:
    post_id = ada.posted(text="a")
    for selector, reposts, history in (
        ("tweet.fields", "retweet_count", "edit_history_tweet_ids"),
        ("post.fields", "repost_count", "edit_history_post_ids"),
    ):
        answer = ada.http.get(f"/2/tweets/{post_id}", params={selector: "public_metrics"})
        data = answer.json()["data"]
        assert reposts in data["public_metrics"]
        assert data[history] == [post_id]
