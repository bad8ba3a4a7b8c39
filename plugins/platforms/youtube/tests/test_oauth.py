from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Account,
    Connection,
    Grant,
    HttpAnswer,
    OAuthApp,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_youtube.adapter import YouTubePlatform
from mpcas2_testing import MemoryConnectContext

APP = OAuthApp(client_id="client", client_secret="hidden")
ACCOUNT = Account(id="a", platform="youtube", platform_account_id="UC1", username="ann")
DATE = {"date": "Mon, 23 Nov 2026 12:00:00 GMT"}
TOKENS = {
    "access_token": "ya29.a",
    "expires_in": 3599,
    "refresh_token": "1//r",
    "scope": "https://www.googleapis.com/auth/youtube.upload openid",
    "token_type": "Bearer",
}


def test_the_consent_page_is_asked_for_lasting_access(platform: YouTubePlatform) -> None:
    consent = platform.consent
    assert consent.url == "https://accounts.example/o/oauth2/v2/auth"
    assert consent.parameters == {
        "access_type": "offline",
        "prompt": "consent",
        "include_granted_scopes": "true",
    }
    assert set(consent.required) <= set(consent.scopes)
    assert all(scope.startswith("https://www.googleapis.com/auth/") for scope in consent.scopes)


def test_a_code_is_traded_with_its_verifier(google: Any, platform: YouTubePlatform) -> None:
    request = platform.grant_request("code", "https://here/callback", "verifier", APP)
    assert (request.method, request.url) == ("POST", f"{google.url}/token")
    assert request.form == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": "https://here/callback",
        "code_verifier": "verifier",
        "client_id": "client",
        "client_secret": "hidden",
    }
    assert "hidden" not in repr(request)


def test_a_public_client_sends_no_secret(platform: YouTubePlatform) -> None:
    request = platform.grant_request("code", "https://here/", "v", OAuthApp(client_id="client"))
    assert "client_secret" not in (request.form or {})


def test_a_grant_is_read(platform: YouTubePlatform) -> None:
    grant = platform.parse_grant(HttpAnswer(status=200, headers=DATE, body=TOKENS))
    assert grant == Grant(
        access_token="ya29.a",
        refresh_token="1//r",
        expires_at=datetime(2026, 11, 23, 12, 59, 59, tzinfo=UTC),
        scopes=("https://www.googleapis.com/auth/youtube.upload", "openid"),
    )


def test_a_renewal_has_no_refresh_token(google: Any, platform: YouTubePlatform) -> None:
    grant = Grant(access_token="old", refresh_token="1//r")
    request = platform.refresh_request(ACCOUNT, grant, APP)
    assert request.url == f"{google.url}/token"
    assert request.form == {
        "grant_type": "refresh_token",
        "refresh_token": "1//r",
        "client_id": "client",
        "client_secret": "hidden",
    }
    body = {name: value for name, value in TOKENS.items() if name != "refresh_token"}
    renewed = platform.parse_refresh(HttpAnswer(status=200, headers=DATE, body=body))
    assert renewed.refresh_token is None
    assert renewed.access_token == "ya29.a"


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_without_a_date_the_end_is_not_known(
    platform: YouTubePlatform, headers: dict[str, str]
) -> None:
    grant = platform.parse_grant(HttpAnswer(status=200, headers=headers, body=TOKENS))
    assert grant.expires_at is None


def test_a_grant_that_cannot_be_renewed_is_refused(platform: YouTubePlatform) -> None:
    body = {"access_token": "ya29.a", "expires_in": 3599}
    with pytest.raises(Rejected, match="permissions"):
        platform.parse_grant(HttpAnswer(status=200, headers=DATE, body=body))


@pytest.mark.parametrize(
    ("grant", "app"),
    [(Grant(access_token="a"), APP), (Grant(access_token="a", refresh_token="r"), None)],
)
def test_what_cannot_be_renewed_needs_a_person(
    platform: YouTubePlatform, grant: Grant, app: OAuthApp | None
) -> None:
    with pytest.raises(Unauthorized) as raised:
        platform.refresh_request(ACCOUNT, grant, app)
    assert raised.value.revoked


# Status, body, the error at connection, the error at a renewal.
TABLE: list[tuple[int, Any, type[PlatformError], type[PlatformError]]] = [
    (400, {"error": "invalid_grant", "error_description": "Bad"}, Rejected, Unauthorized),
    (401, {"error": "invalid_client"}, Rejected, Unavailable),
    (401, {"error": "unauthorized_client"}, Rejected, Unavailable),
    (400, {"error": "redirect_uri_mismatch"}, Rejected, Unavailable),
    (400, {"error": "invalid_request"}, Rejected, Unavailable),
    (429, {}, RateLimited, RateLimited),
    (400, "", Unavailable, Unavailable),
    (500, {"error": "server_error"}, Unavailable, Unavailable),
    (503, "<html>", Unavailable, Unavailable),
    (200, {}, Unavailable, Unavailable),
    (200, "<html>", Unavailable, Unavailable),
    (200, {"access_token": 5}, Unavailable, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "connecting", "renewing"), TABLE)
def test_each_answer_of_the_token_server_has_its_error(
    platform: YouTubePlatform,
    status: int,
    body: Any,
    connecting: type[PlatformError],
    renewing: type[PlatformError],
) -> None:
    answer = HttpAnswer(status=status, body=body)
    with pytest.raises(connecting) as raised:
        platform.parse_grant(answer)
    assert type(raised.value) is connecting
    with pytest.raises(renewing) as raised:
        platform.parse_refresh(answer)
    assert type(raised.value) is renewing
    if isinstance(raised.value, Unauthorized):
        assert raised.value.revoked


def test_no_token_shows_in_an_error(platform: YouTubePlatform) -> None:
    body = {"access_token": "ya29.a", "refresh_token": ["1//r"]}
    with pytest.raises(Unavailable) as raised:
        platform.parse_refresh(HttpAnswer(status=200, body=body))
    assert "1//r" not in f"{raised.value} {raised.value.answer} {raised.value.__cause__}"


def connect(platform: YouTubePlatform) -> list[Connection]:
    async def run() -> list[Connection]:
        async with MemoryConnectContext(access_token="ya29.a") as ctx:
            return list(await platform.connections(Grant(access_token="ya29.a"), ctx))

    return asyncio.run(run())


def test_each_channel_is_a_connection(google: Any, platform: YouTubePlatform) -> None:
    snippet = {
        "title": "Ann",
        "customUrl": "@ann",
        "thumbnails": {"default": {"url": "https://img.example/a.jpg", "width": 88}},
    }
    details = {"relatedPlaylists": {"likes": "LL", "uploads": "UU1"}}
    items = [{"id": "UC1", "snippet": snippet, "contentDetails": details}, {"id": "UC2"}]
    google.queue("GET channels", {"items": items})
    first, second = connect(platform)
    assert first.profile.platform_account_id == "UC1"
    assert (first.profile.username, first.profile.display_name) == ("ann", "Ann")
    assert first.profile.avatar_url == "https://img.example/a.jpg"
    assert first.profile.data == {"uploads": "UU1"}
    assert (second.profile.username, second.profile.data) == ("UC2", {})
    assert google.requests[0].headers["authorization"] == "Bearer ya29.a"


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, {"items": []}, Rejected, "create_channel"),
        (200, {}, Rejected, "create_channel"),
        (
            401,
            {"error": {"errors": [{"reason": "youtubeSignupRequired"}]}},
            Rejected,
            "create_channel",
        ),
        (401, {}, Rejected, "refused"),
        (403, {"error": {"errors": [{"reason": "accessNotConfigured"}]}}, Rejected, "enabled"),
        (403, {"error": {"errors": [{"reason": "quotaExceeded"}]}}, RateLimited, "midnight"),
        (500, {}, Unavailable, "500"),
        (200, b"<html>", Unavailable, "read"),
    ],
)
def test_a_connection_that_fails_says_why(
    google: Any,
    platform: YouTubePlatform,
    status: int,
    body: Any,
    error: type[PlatformError],
    words: str,
) -> None:
    google.queue("GET channels", body, status=status)
    with pytest.raises(error, match=words) as raised:
        connect(platform)
    assert type(raised.value) is error
