"""Connecting an account, and renewing its grant."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Grant,
    HttpAnswer,
    OAuthApp,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_pinterest.adapter import PinterestPlatform
from mpcas2_testing import CannedServer, MemoryConnectContext

APP = OAuthApp(client_id="id", client_secret="app-secret")
GRANT = Grant(access_token="old", refresh_token="refresh-old")
DATE = "Mon, 23 Nov 2026 12:00:00 GMT"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONTH = 30 * 24 * 3600
TOKEN = {
    "access_token": "new",
    "refresh_token": "refresh-new",
    "token_type": "bearer",
    "expires_in": MONTH,
    "refresh_token_expires_in": 2 * MONTH,
    "refresh_token_expires_at": int(NOW.timestamp()) + 2 * MONTH,
    "scope": "boards:read,pins:write",
}


def test_the_app_proves_itself_with_basic(worker: Any, canned: CannedServer) -> None:
    basic = "Basic " + b64encode(b"id:app-secret").decode()
    asked = worker.platform.grant_request("code", "https://here/back", "", APP)
    renewal = worker.platform.refresh_request(worker.account, GRANT, APP)
    for request in (asked, renewal):
        assert (request.method, request.url) == ("POST", f"{canned.url}/below/v5/oauth/token")
        assert request.headers == {"Authorization": basic}
    assert asked.form == {
        "grant_type": "authorization_code",
        "code": "code",
        "redirect_uri": "https://here/back",
        "continuous_refresh": "true",
    }
    assert renewal.form == {"grant_type": "refresh_token", "refresh_token": "refresh-old"}


@pytest.mark.parametrize("parse", ["parse_grant", "parse_refresh"])
@pytest.mark.parametrize("headers", [{"date": DATE}, {}, {"date": "today"}])
def test_a_grant_is_renewed_long_before_it_ends(
    worker: Any, parse: str, headers: dict[str, str]
) -> None:
    answer = HttpAnswer(status=200, headers=headers, body=TOKEN)
    grant = getattr(worker.platform, parse)(answer)
    assert (grant.access_token, grant.refresh_token) == ("new", "refresh-new")
    assert grant.scopes == ("boards:read", "pins:write")
    assert grant.expires_at == NOW + timedelta(seconds=MONTH)
    assert grant.renew_at == NOW + timedelta(seconds=MONTH / 2)


def test_a_grant_without_times_has_none(worker: Any) -> None:
    grant = worker.platform.parse_grant(HttpAnswer(status=200, body={"access_token": "new"}))
    assert (grant.expires_at, grant.renew_at, grant.scopes) == (None, None, None)


def test_a_grant_without_a_refresh_token_is_not_renewed(worker: Any) -> None:
    for grant, app in ((Grant(access_token="a"), APP), (GRANT, None)):
        with pytest.raises(Unauthorized) as raised:
            worker.platform.refresh_request(worker.account, grant, app)
        assert raised.value.revoked


# Status, body, the error for a code, the error for a renewal, words of the first.
REFUSALS: list[tuple[int, Any, type[PlatformError], type[PlatformError], str]] = [
    (400, {"code": 1, "message": "Invalid code."}, Rejected, Unauthorized, "code"),
    (401, {"code": 2, "message": "Authentication failed."}, Rejected, Unauthorized, "secret"),
    (401, {"code": 2, "message": "Unknown client."}, Rejected, Unavailable, "secret"),
    (403, "<html>", Rejected, Unauthorized, "code"),
    (404, {}, Rejected, Unavailable, "code"),
    (429, {"code": 8, "message": "Slow."}, RateLimited, RateLimited, "later"),
    (302, "", Unavailable, Unavailable, "302"),
    (500, "", Unavailable, Unavailable, "500"),
    (200, "", Unavailable, Unavailable, "read"),
    (200, {"access_token": ""}, Unavailable, Unavailable, "read"),
]


@pytest.mark.parametrize(("status", "body", "first", "later", "words"), REFUSALS)
def test_refusals_of_tokens(
    worker: Any,
    status: int,
    body: Any,
    first: type[PlatformError],
    later: type[PlatformError],
    words: str,
) -> None:
    answer = HttpAnswer(status=status, headers={"retry-after": "9"}, body=body)
    for parse, kind in (("parse_grant", first), ("parse_refresh", later)):
        with pytest.raises(PlatformError) as raised:
            getattr(worker.platform, parse)(answer)
        assert type(raised.value) is kind
        if kind is first:
            assert words in raised.value.message
        if isinstance(raised.value, RateLimited):
            assert raised.value.retry_after == 9.0


def test_the_account_is_who_pinterest_says(worker: Any, canned: CannedServer) -> None:
    async def connections() -> Any:
        async with MemoryConnectContext(access_token="t") as ctx:
            return await worker.platform.connections(GRANT, ctx)

    canned.answer(
        "user_account",
        {"id": "7", "username": "ada", "business_name": "", "profile_image": "https://i/a.png"},
    )
    (connection,) = asyncio.run(connections())
    assert connection.grant is GRANT
    profile = connection.profile
    assert (profile.platform_account_id, profile.username) == ("7", "ada")
    assert (profile.display_name, profile.avatar_url) == (None, "https://i/a.png")
    canned.answer("user_account", {"code": 2, "message": "No."}, status=401)
    with pytest.raises(Rejected):
        asyncio.run(connections())


@pytest.mark.parametrize("secret", [False, True])
def test_secret_boards_are_asked_for_only_when_wanted(secret: bool) -> None:
    settings = {"api_url": "https://a", "api_version": "v5", "web_url": "https://w"}
    consent = PinterestPlatform({**settings, "secret_boards": secret}).consent
    assert any(scope.endswith("_secret") for scope in consent.scopes) is secret
    assert not any(scope.endswith("_secret") for scope in consent.required)
    assert (consent.url, consent.scope_separator) == ("https://w/oauth/", ",")
    assert not consent.pkce
