from __future__ import annotations

import asyncio
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any

import pytest

from mpcas2_hookspecs import (
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
from mpcas2_platform_twitter import oauth
from mpcas2_testing import CannedServer, MemoryConnectContext

TOKEN = "https://api.x.com/2/oauth2/token"
DATE = {"date": "Mon, 23 Nov 2026 12:00:00 GMT"}
SECRET = OAuthApp(client_id="cli:ent", client_secret="s/cret")
PUBLIC = OAuthApp(client_id="client")
GOOD = {
    "token_type": "bearer",
    "expires_in": 7200,
    "access_token": "fresh-access",
    "refresh_token": "fresh-refresh",
    "scope": "tweet.read offline.access",
}


def test_a_confidential_app_signs_with_basic() -> None:
    request = oauth.grant_request(TOKEN, "code", "https://me/callback", "verifier", SECRET)
    kind, _, pair = request.headers["authorization"].partition(" ")
    assert (kind, b64decode(pair)) == ("Basic", b"cli%3Aent:s%2Fcret")
    assert request.form == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": "https://me/callback",
        "code_verifier": "verifier",
    }


def test_a_public_app_names_itself_in_the_form() -> None:
    request = oauth.refresh_request(TOKEN, Grant(access_token="a", refresh_token="r"), PUBLIC)
    assert request.headers == {}
    assert request.form == {
        "grant_type": "refresh_token",
        "refresh_token": "r",
        "client_id": "client",
    }


@pytest.mark.parametrize(
    ("grant", "app"),
    [(Grant(access_token="a"), SECRET), (Grant(access_token="a", refresh_token="r"), None)],
)
def test_a_grant_without_what_renews_it_is_over(grant: Grant, app: OAuthApp | None) -> None:
    with pytest.raises(Unauthorized) as raised:
        oauth.refresh_request(TOKEN, grant, app)
    assert raised.value.revoked


@pytest.mark.parametrize("parse", [oauth.parse_grant, oauth.parse_refresh])
def test_a_grant_is_read_with_its_end_and_scopes(parse: Any) -> None:
    grant = parse(HttpAnswer(status=200, headers=DATE, body=GOOD))
    assert grant == Grant(
        access_token="fresh-access",
        refresh_token="fresh-refresh",
        expires_at=datetime(2026, 11, 23, 14, tzinfo=UTC),
        scopes=("tweet.read", "offline.access"),
    )


def test_an_end_is_not_guessed() -> None:
    assert oauth.parse_grant(HttpAnswer(status=200, body=GOOD)).expires_at is None


TABLE: list[tuple[int, Any, type[PlatformError], type[PlatformError]]] = [
    # status, body, what it is for a code, what it is for a renewal
    (
        400,
        {
            "error": "invalid_request",
            "error_description": "Value passed for the authorization code was invalid.",
        },
        Rejected,
        Unavailable,
    ),
    (
        400,
        {
            "error": "invalid_request",
            "error_description": "Value passed for the token was invalid.",
        },
        Rejected,
        Unauthorized,
    ),
    (400, {"error": "invalid_grant"}, Rejected, Unauthorized),
    (401, {}, Rejected, Unauthorized),
    (401, "<html>", Rejected, Unauthorized),
    (401, {"error": "invalid_client"}, Rejected, Unavailable),
    (
        401,
        {"error": "unauthorized_client", "error_description": "Missing valid authorization header"},
        Rejected,
        Unavailable,
    ),
    (400, {"error": "invalid_request", "error_description": "redirect_uri"}, Rejected, Unavailable),
    (429, {}, RateLimited, RateLimited),
    (408, {}, Unavailable, Unavailable),
    (500, "", Unavailable, Unavailable),
    (200, "", Unavailable, Unavailable),
    (200, {"access_token": ""}, Unavailable, Unavailable),
    (200, {"access_token": 7}, Unavailable, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "code", "renewal"), TABLE)
def test_each_refusal_has_its_error(
    status: int, body: Any, code: type[PlatformError], renewal: type[PlatformError]
) -> None:
    answer = HttpAnswer(status=status, body=body)
    with pytest.raises(PlatformError) as raised:
        oauth.parse_grant(answer)
    assert type(raised.value) is code
    with pytest.raises(PlatformError) as raised:
        oauth.parse_refresh(answer)
    assert type(raised.value) is renewal
    if isinstance(raised.value, Unauthorized):
        assert raised.value.revoked


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "invalid_grant"}, "30 seconds"),
        ({"error": "unauthorized_client"}, "client id and secret"),
        ({"error": "invalid_request", "error_description": "redirect_uri mismatch"}, "Register"),
    ],
)
def test_a_refused_code_says_what_to_do(body: Any, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        oauth.parse_grant(HttpAnswer(status=400, body=body))


def test_a_rate_limit_tells_when_to_come_back() -> None:
    headers = {**DATE, "x-rate-limit-reset": "1795435230"}
    with pytest.raises(RateLimited) as raised:
        oauth.parse_refresh(HttpAnswer(status=429, headers=headers))
    assert raised.value.retry_after == 30


def connections(canned: CannedServer) -> Connection:
    async def run() -> Connection:
        async with MemoryConnectContext() as ctx:
            return await oauth.who(ctx.http, canned.url, Grant(access_token="t"), ctx.now())

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({}, {}),
        ({"verified_type": "none"}, {"premium": False}),
        ({"verified_type": "blue"}, {"premium": True}),
        ({"verified_type": "none", "subscription_type": "Basic"}, {"premium": True}),
        ({"verified_type": "business", "subscription_type": "None"}, {"premium": False}),
    ],
)
def test_the_account_is_read_with_its_plan(
    canned: CannedServer, fields: dict[str, str], data: dict[str, bool]
) -> None:
    user = {"id": "42", "username": "ada", "name": "Ada", "profile_image_url": "https://i/a.png"}
    canned.answer("me", {"data": user | fields})
    profile = connections(canned).profile
    assert (profile.platform_account_id, profile.username, profile.data) == ("42", "ada", data)
    assert (profile.display_name, profile.avatar_url) == ("Ada", "https://i/a.png")


@pytest.mark.parametrize(
    ("status", "error"), [(401, Rejected), (403, Rejected), (429, RateLimited), (503, Unavailable)]
)
def test_a_failed_question_has_an_error_that_connecting_knows(
    canned: CannedServer, status: int, error: type[PlatformError]
) -> None:
    canned.answer("me", status=status)
    with pytest.raises(error):
        connections(canned)
