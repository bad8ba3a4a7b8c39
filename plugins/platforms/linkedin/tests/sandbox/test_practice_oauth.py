from __future__ import annotations

import urllib.parse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.linkedin.tests.sandbox.conftest import Contract

    from mpcas2_sandbox import SandboxProcess

BACK = "http://127.0.0.1:8000/oauth/linkedin/callback"
APP = {"client_id": "practice-client", "client_secret": "practice-secret"}
DAY = 86_400


class App:
    """An app that asks people for their consent."""

    def __init__(self, process: SandboxProcess, contract: Contract) -> None:
        self.process = process
        self.contract = contract
        self.http = httpx.Client(base_url=process.url, timeout=30, trust_env=False, verify=False)

    def redirect(self, scope: str = "openid profile w_member_social") -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": "practice-client",
            "redirect_uri": BACK,
            "scope": scope,
            "state": "s",
        }
        url = f"{self.process.url}/oauth/v2/authorization?{urllib.parse.urlencode(asked)}"
        order = {"url": url, "account": "ada"}
        location = self.process.control.call("POST", "oauth/consent", order)["location"]
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))

    def form(self, path: str, **fields: str) -> httpx.Response:
        answer = self.http.post(f"/oauth/v2/{path}", data=fields)
        self.contract.check(answer)
        return answer

    def token(self) -> Any:
        code = self.redirect()["code"]
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        answer = self.form("accessToken", **fields, **APP)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refresh(self, token: str) -> httpx.Response:
        return self.form("accessToken", grant_type="refresh_token", refresh_token=token, **APP)

    def whoami(self, token: str) -> httpx.Response:
        answer = self.http.get("/v2/userinfo", headers={"Authorization": f"Bearer {token}"})
        self.contract.check(answer)
        return answer


@pytest.fixture
def app(linkedin: SandboxProcess, contract: Contract) -> Iterator[App]:
    made = App(linkedin, contract)
    yield made
    made.http.close()


def test_a_token_lives_sixty_days_and_no_longer(app: App) -> None:
    token = app.token()
    assert token["expires_in"] == 60 * DAY
    assert token["scope"] == "openid,profile,w_member_social"
    assert "refresh_token" not in token
    claims = app.whoami(token["access_token"]).json()
    assert claims["name"] == "Ada Lovelace"
    app.process.control.advance_clock(60 * DAY)
    answer = app.whoami(token["access_token"])
    assert (answer.status_code, answer.json()["serviceErrorCode"]) == (401, 65602)


def test_a_partners_refresh_token_is_not_extended_by_refreshing(app: App) -> None:
    control = app.process.control
    control.call("POST", "settings", {"partner": True})
    token = app.token()
    assert token["refresh_token_expires_in"] == 365 * DAY
    control.advance_clock(100 * DAY)
    fresh = app.refresh(token["refresh_token"]).json()
    assert fresh["refresh_token"] == token["refresh_token"]
    assert abs(fresh["refresh_token_expires_in"] - 265 * DAY) < 60
    control.advance_clock(265 * DAY)
    assert app.refresh(token["refresh_token"]).json()["error"] == "invalid_grant"


def test_one_scope_too_many_fails_the_whole_request(app: App) -> None:
    told = app.redirect("openid r_member_social")
    assert told["error"] == "unauthorized_scope_error"
    assert '"r_member_social"' in told["error_description"]
    scopes = ["openid", "r_member_social"]
    app.process.control.call("POST", "settings", {"approvedScopes": scopes})
    assert "code" in app.redirect("openid r_member_social")
    assert app.redirect("openid nonsense")["error"] == "invalid_scope"


def test_the_secret_stands_in_the_form_only(app: App) -> None:
    fields = {"grant_type": "authorization_code", "code": "x", "redirect_uri": BACK}
    auth = ("practice-client", "practice-secret")
    answer = app.http.post("/oauth/v2/accessToken", data=fields, auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert app.form("accessToken", **fields, **APP).json()["error"] == "invalid_request"


def test_a_code_is_good_once_and_for_half_an_hour(app: App) -> None:
    code = app.redirect()["code"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **APP}
    app.process.control.advance_clock(1800)
    assert app.form("accessToken", **fields).status_code == 400


def test_a_revoked_token_says_so(app: App) -> None:
    token = app.token()["access_token"]
    assert app.form("revoke", token=token, **APP).status_code == 200
    assert app.whoami(token).json()["code"] == "REVOKED_ACCESS_TOKEN"
    assert app.whoami("nonsense").json()["serviceErrorCode"] == 65600
