from __future__ import annotations

import re
import urllib.parse
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.youtube.tests.sandbox.conftest import Creator

    from mpcas2_sandbox import SandboxProcess

PREFIX = "https://www.googleapis.com/auth/"
SCOPES = f"{PREFIX}youtube.upload {PREFIX}youtube.readonly"
BACK = "http://127.0.0.1:9/callback"
CLIENT = {"client_id": "practice-client", "client_secret": "practice-secret"}


def authorize_url(youtube: SandboxProcess, **more: str) -> str:
    given = {
        "client_id": "practice-client",
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": SCOPES,
        "state": "s1",
        "access_type": "offline",
        "prompt": "consent",
        **more,
    }
    return f"{youtube.url}/o/oauth2/v2/auth?{urllib.parse.urlencode(given)}"


def consent(youtube: SandboxProcess, **more: Any) -> dict[str, str]:
    """Consents by machine and returns the parameters of the redirect."""
    order = {"account": "ada", **more.pop("order", {})}
    order["url"] = authorize_url(youtube, **more)
    location = youtube.control.call("POST", "oauth/consent", order)["location"]
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))


def token(youtube: SandboxProcess, **form: str) -> httpx.Response:
    return httpx.post(f"{youtube.url}/token", data={**CLIENT, **form}, trust_env=False)


def exchanged(youtube: SandboxProcess, **more: Any) -> dict[str, Any]:
    code = consent(youtube, **more)["code"]
    answer = token(youtube, grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def test_a_code_gives_tokens_and_names_the_granted_scopes(youtube: SandboxProcess) -> None:
    back = consent(youtube)
    assert (back["state"], back["scope"]) == ("s1", SCOPES)
    tokens = exchanged(youtube)
    assert (tokens["expires_in"], tokens["token_type"]) == (3599, "Bearer")
    assert tokens["scope"] == SCOPES
    assert tokens["refresh_token"]


def test_a_refresh_keeps_the_refresh_token_and_names_none(youtube: SandboxProcess) -> None:
    kept = exchanged(youtube)["refresh_token"]
    for _ in range(2):
        answer = token(youtube, grant_type="refresh_token", refresh_token=kept)
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()
        assert answer.json()["scope"] == SCOPES


def test_a_refresh_token_needs_offline_access_and_a_prompt_when_repeated(
    youtube: SandboxProcess,
) -> None:
    assert "refresh_token" not in exchanged(youtube, access_type="online")
    assert "refresh_token" not in exchanged(youtube, prompt="")
    assert "refresh_token" in exchanged(youtube)


def test_a_revoked_grant_answers_as_google_does(youtube: SandboxProcess) -> None:
    refresh = exchanged(youtube)["refresh_token"]
    youtube.control.call("POST", "oauth/accounts/ada/revoke")
    answer = token(youtube, grant_type="refresh_token", refresh_token=refresh)
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }


def test_an_app_revokes_with_the_token_alone(youtube: SandboxProcess) -> None:
    def revoke(**given: Any) -> httpx.Response:
        return httpx.post(f"{youtube.url}/revoke", trust_env=False, **given)

    by_form, by_query = exchanged(youtube)["refresh_token"], exchanged(youtube)["access_token"]
    assert revoke(data={"token": by_form}).status_code == 200
    assert revoke(params={"token": by_query}).status_code == 200
    for used_up in (by_form, "nothing"):
        answer = revoke(data={"token": used_up})
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_token")
    answer = token(youtube, grant_type="refresh_token", refresh_token=by_form)
    assert answer.json()["error"] == "invalid_grant"


def test_the_consent_page_is_a_form_that_a_person_can_send(youtube: SandboxProcess) -> None:
    url = authorize_url(youtube)
    page = httpx.get(url, trust_env=False)
    assert "Manage your YouTube videos" in page.text
    assert re.findall(r'name="account" value="(\w+)"', page.text)[0] == "ada"
    form = {"account": "bob", "scope": f"{PREFIX}youtube.upload", "decision": "allow"}
    answer = httpx.post(url, data=form, trust_env=False)
    assert answer.status_code == 302
    back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(answer.headers["location"]).query))
    tokens = token(youtube, grant_type="authorization_code", code=back["code"], redirect_uri=BACK)
    assert tokens.json()["scope"] == f"{PREFIX}youtube.upload"


def test_a_denied_consent_comes_back_as_an_error(youtube: SandboxProcess) -> None:
    back = consent(youtube, order={"deny": True})
    assert back == {"error": "access_denied", "state": "s1"}


def test_a_withheld_scope_is_missed_by_its_methods(ada: Creator, youtube: SandboxProcess) -> None:
    ada.scopes = [f"{PREFIX}youtube.upload"]
    ada.connect()
    assert ada.start(ada.metadata()).status_code == 200
    answer = ada.get("videos", part="status", id="x")
    assert ada.refusal(answer) == (403, "insufficientPermissions")
    assert answer.json()["error"]["status"] == "PERMISSION_DENIED"


def test_a_token_dies_with_its_hour_and_with_its_grant(ada: Creator) -> None:
    def refusal() -> tuple[int, str]:
        return ada.refusal(ada.get("channels", part="id", mine="true"))

    ada.control.advance_clock(3600)
    assert refusal() == (401, "authError")
    grant = ada.connect()
    assert ada.get("channels", part="id", mine="true").status_code == 200
    ada.control.call("POST", f"oauth/grants/{grant['id']}/revoke")
    assert refusal() == (401, "authError")
    bare = ada.http.get("/youtube/v3/channels?part=id&mine=true")
    assert ada.refusal(bare) == (401, "authError")
    assert bare.headers["www-authenticate"].startswith("Bearer")
