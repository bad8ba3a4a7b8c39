from __future__ import annotations

import base64
import hashlib
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest

from mpcas2_sandbox import ControlError

if TYPE_CHECKING:
    import httpx

    # A conftest has no import path at run time.
    from plugins.platforms.mastodon.tests.sandbox.conftest import Member

BACK = "https://app.example/back"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()


def registered(anyone: httpx.Client, scopes: str = "read write") -> Any:
    form = {"client_name": "Pens", "redirect_uris": BACK, "scopes": scopes}
    answer = anyone.post("/api/v1/apps", data=form)
    assert answer.status_code == 200, answer.text
    return answer.json()


def asked(app: Any, **changes: str) -> str:
    given = {
        "client_id": app["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "read:accounts write:statuses",
        "state": "s",
        "code_challenge": CHALLENGE.rstrip("="),
        "code_challenge_method": "S256",
        **changes,
    }
    return "/oauth/authorize?" + urllib.parse.urlencode(given)


def allowed(anyone: httpx.Client, page: str) -> dict[str, str]:
    form = {"account": "ada", "decision": "allow", "scope": ["read:accounts", "write:statuses"]}
    location = anyone.post(page, data=form).headers["location"]
    return dict(urllib.parse.parse_qsl(location.partition("?")[2]))


def traded(anyone: httpx.Client, app: Any, code: str, **changes: str) -> httpx.Response:
    form = {
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    return anyone.post("/oauth/token", data=form)


def test_an_app_registers_itself_and_is_connected(anyone: httpx.Client) -> None:
    app = registered(anyone)
    page = asked(app)
    assert "Pens wants to use your Mastodon account" in anyone.get(page).text
    back = allowed(anyone, page)
    assert back["state"] == "s"
    token = traded(anyone, app, back["code"]).json()
    assert "expires_in" not in token
    assert "refresh_token" not in token
    assert token["scope"] == "read:accounts write:statuses"
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    me = anyone.get("/api/v1/accounts/verify_credentials", headers=headers).json()
    assert (me["username"], me["source"]["privacy"]) == ("ada", "public")
    posted = anyone.post("/api/v1/statuses", data={"status": "hi"}, headers=headers).json()
    assert posted["application"]["name"] == "Pens"
    assert traded(anyone, app, back["code"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"redirect_uri": "https://app.example/other"}, "invalid_grant"),
        ({"client_secret": "x"}, "invalid_client"),
    ],
)
def test_a_stolen_code_is_worth_nothing(
    changes: dict[str, str], error: str, anyone: httpx.Client
) -> None:
    app = registered(anyone)
    code = allowed(anyone, asked(app))["code"]
    assert traded(anyone, app, code, **changes).json()["error"] == error


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"redirect_uri": "https://evil.example/"}, 400),
        ({"client_id": "nobody"}, 400),
        ({"code_challenge_method": "plain"}, 302),
        ({"scope": "follow"}, 302),
        ({"response_type": "token"}, 302),
    ],
)
def test_a_wrong_question_is_not_put_to_people(
    changes: dict[str, str], status: int, anyone: httpx.Client
) -> None:
    answer = anyone.get(asked(registered(anyone), **changes))
    assert answer.status_code == status
    assert status == 400 or "error=" in answer.headers["location"]


def test_a_revoked_token_is_dead_and_only_its_app_may_revoke_it(
    ada: Member, anyone: httpx.Client
) -> None:
    other = registered(anyone)
    proof = {"client_id": other["client_id"], "client_secret": other["client_secret"]}
    form = {**proof, "token": ada.grant["accessToken"]}
    assert anyone.post("/oauth/revoke", data=form).status_code == 403
    own = {"client_id": "practice-client", "client_secret": "practice-secret"}
    assert anyone.post("/oauth/revoke", data={**form, **own}).json() == {}
    assert ada.post("a").json() == {"error": "The access token was revoked"}


def test_pages_show_what_is_public_with_its_words_escaped(
    ada: Member, anyone: httpx.Client
) -> None:
    assert "@dave" in anyone.get("/").text
    status = ada.posted("<b>one</b>", media_ids=[ada.uploaded(description="A cat")])
    ada.control.call("POST", f"posts/{status['id']}/replies", {"account": "bob", "text": "two!"})
    unlisted = ada.posted("quiet", visibility="unlisted", spoiler_text="psst")
    private = ada.posted("secret", visibility="private")
    timeline = anyone.get("/timeline").text
    assert "&lt;b&gt;one&lt;/b&gt;" in timeline
    assert "quiet" not in timeline
    page = anyone.get(status["url"]).text
    assert "two!" in page
    assert "A cat" in page
    assert "warning: psst" in anyone.get(unlisted["url"]).text
    assert anyone.get(private["url"]).status_code == 404
    assert "quiet" in anyone.get("/@ada").text
    assert anyone.get(status["uri"]).headers["location"] == status["url"]
    for path in ("/@nobody", f"/@bob/{status['id']}", "/avatars/nobody.svg"):
        assert anyone.get(path).status_code == 404
    assert anyone.get(status["account"]["avatar"]).headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize(
    ("path", "order"),
    [
        ("accounts", {"count": 0}),
        ("accounts/ada", {"color": "red"}),
        ("accounts/nobody", {"disabled": True}),
        ("posts/5/replies", {"account": "ada", "text": "a"}),
        ("posts/5/replies", {"account": "nobody", "text": "a"}),
        ("settings", {"speed": 1}),
        ("settings", {"maxCharacters": 0}),
        ("processing", {"next": [{"mood": "bad"}]}),
        ("limits", {"route": "GET /nowhere", "limit": 1}),
    ],
)
def test_the_control_api_refuses_what_it_does_not_know(
    path: str, order: object, ada: Member
) -> None:
    with pytest.raises(ControlError):
        ada.control.call("POST", path, order)


def test_accounts_are_added(ada: Member) -> None:
    made = ada.control.call("POST", "accounts", {"count": 2, "prefix": "zoe"})["accounts"]
    assert [one["handle"] for one in made] == ["zoe1", "zoe2"]
    assert len(ada.control.call("GET", "accounts")["accounts"]) == 6
