from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
from mpcas2_platform_instagram.adapter import InstagramPlatform
from mpcas2_testing import CannedServer, MemoryConnectContext

from .conftest import NOW, settings_of

APP = OAuthApp(client_id="client", client_secret="hidden")
ACCOUNT = Account(id="a", platform="instagram", platform_account_id="7", username="ada")
DATE = {"date": "Mon, 23 Nov 2026 12:00:00 GMT"}
ME = {"user_id": "178", "id": "24", "username": "ada", "name": "Ada", "account_type": "BUSINESS"}


@pytest.fixture
def platform(canned: CannedServer) -> InstagramPlatform:
    return InstagramPlatform(settings_of(canned.url))


def test_a_code_is_sent_without_the_tail_that_the_page_adds(platform: InstagramPlatform) -> None:
    request = platform.grant_request("code#_", "https://me/callback", "verifier", APP)
    assert request.url.endswith("/oauth/access_token")
    assert request.form == {
        "client_id": "client",
        "client_secret": "hidden",
        "grant_type": "authorization_code",
        "redirect_uri": "https://me/callback",
        "code": "code",
    }
    assert "hidden" not in repr(request)


PERMISSIONS = ("instagram_business_basic", "instagram_business_content_publish")


@pytest.mark.parametrize(
    ("body", "scopes"),
    [
        ({"access_token": "s", "user_id": 7, "permissions": list(PERMISSIONS)}, PERMISSIONS),
        ({"access_token": "s", "permissions": ",".join(PERMISSIONS)}, PERMISSIONS),
        ({"data": [{"access_token": "s", "permissions": ", ".join(PERMISSIONS)}]}, PERMISSIONS),
        ({"access_token": "s"}, None),
    ],
)
def test_each_form_of_the_answer_to_a_code_is_read(
    platform: InstagramPlatform, body: Any, scopes: tuple[str, ...] | None
) -> None:
    grant = platform.parse_grant(HttpAnswer(status=200, headers=DATE, body=body))
    assert grant.access_token == "s"
    assert grant.refresh_token is None
    assert grant.expires_at == NOW + timedelta(hours=1)
    assert grant.scopes == scopes


REFUSALS = [
    ("Matching code was not found or was already used", "Start the connection again"),
    ("Error validating verification code. redirect_uri", "redirect address"),
    ("Invalid platform app", "app"),
    ("Error validating client secret.", "secret"),
]


@pytest.mark.parametrize(("said", "advice"), REFUSALS)
def test_a_refused_code_says_what_to_do(
    platform: InstagramPlatform, said: str, advice: str
) -> None:
    flat = {"error_type": "OAuthException", "code": 400, "error_message": said}
    for body in (flat, {"error": {"message": said, "code": 100}}):
        with pytest.raises(Rejected) as raised:
            platform.parse_grant(HttpAnswer(status=400, body=body))
        assert advice in raised.value.message


def connect(canned: CannedServer, app: OAuthApp | None = APP) -> Connection:
    platform = InstagramPlatform(settings_of(canned.url))

    async def run() -> Connection:
        async with MemoryConnectContext(
            access_token="short", app=app, clock=lambda: NOW, timeout=2.0
        ) as ctx:
            grant = Grant(access_token="short", scopes=PERMISSIONS)
            [connection] = await platform.connections(grant, ctx)
            return connection

    return asyncio.run(run())


def test_the_token_of_an_hour_becomes_one_that_renews_itself(canned: CannedServer) -> None:
    canned.answer("access_token", {"access_token": "long", "expires_in": 5_184_000})
    canned.answer("me", ME)
    connection = connect(canned)
    grant, profile = connection.grant, connection.profile
    assert (grant.access_token, grant.refresh_token) == ("long", "long")
    assert grant.expires_at == NOW + timedelta(days=60)
    assert grant.renew_at == NOW + timedelta(days=30)
    assert grant.scopes == PERMISSIONS
    assert (profile.platform_account_id, profile.username) == ("178", "ada")
    assert parse_qs(canned.received[0].query) == {
        "grant_type": ["ig_exchange_token"],
        "client_secret": ["hidden"],
        "access_token": ["short"],
    }
    assert canned.received[1].path == "/v26.0/me"


def test_a_short_life_is_not_renewed_before_a_day_has_passed(canned: CannedServer) -> None:
    canned.answer("me", ME)
    for seconds, renewed in ((90_000, NOW + timedelta(days=1)), (3_600, None)):
        canned.answer("access_token", {"access_token": "long", "expires_in": seconds})
        assert connect(canned).grant.renew_at == renewed


@pytest.mark.parametrize("app", [None, OAuthApp(client_id="client")])
def test_an_app_without_a_secret_is_told_so(canned: CannedServer, app: OAuthApp | None) -> None:
    with pytest.raises(Rejected, match="secret"):
        connect(canned, app)
    assert not canned.received


def test_a_personal_account_is_told_so(canned: CannedServer) -> None:
    canned.answer("access_token", {"access_token": "long", "expires_in": 5_184_000})
    canned.answer("me", {"error": {"message": "no", "code": 10}}, status=400)
    with pytest.raises(Rejected, match="professional"):
        connect(canned)


def test_a_renewal_hides_its_token(platform: InstagramPlatform) -> None:
    grant = Grant(access_token="t&o", refresh_token="t&o")
    request = platform.refresh_request(ACCOUNT, grant, APP)
    parts = urlsplit(request.url)
    assert (request.method, parts.path) == ("GET", "/refresh_access_token")
    assert parse_qs(parts.query) == {"grant_type": ["ig_refresh_token"], "access_token": ["t&o"]}
    assert "t%26o" not in repr(request)


def test_a_grant_without_a_lasting_token_has_to_be_connected_again(
    platform: InstagramPlatform,
) -> None:
    with pytest.raises(Unauthorized) as raised:
        platform.refresh_request(ACCOUNT, Grant(access_token="t"), APP)
    assert raised.value.revoked


def test_a_renewed_token_is_its_own_renewal(platform: InstagramPlatform) -> None:
    body = {"access_token": "next", "token_type": "bearer", "expires_in": 5_183_944}
    grant = platform.parse_refresh(HttpAnswer(status=200, headers=DATE, body=body))
    assert (grant.access_token, grant.refresh_token) == ("next", "next")
    assert grant.renew_at is not None
    assert datetime(2026, 12, 23, tzinfo=UTC) < grant.renew_at < datetime(2026, 12, 24, tzinfo=UTC)


ANSWERS: list[tuple[int, Any, type[PlatformError]]] = [
    (400, {"error": {"code": 190, "error_subcode": 463}}, Unauthorized),
    (400, {"error": {"code": 190}}, Unauthorized),
    (401, "", Unauthorized),
    (400, {"error": {"code": 100, "message": "must be at least 24 hours old"}}, Unavailable),
    (400, {"error": {"code": 1}}, Unavailable),
    (400, {"error": {"code": 4}}, RateLimited),
    (429, "", RateLimited),
    (500, {"error": {"code": 2}}, Unavailable),
    (200, {"expires_in": 1}, Unavailable),
    (200, {"access_token": ""}, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "expected"), ANSWERS)
def test_answers_to_a_renewal_are_told_apart(
    platform: InstagramPlatform, status: int, body: Any, expected: type[PlatformError]
) -> None:
    with pytest.raises(PlatformError) as raised:
        platform.parse_refresh(HttpAnswer(status=status, body=body))
    assert type(raised.value) is expected
    if isinstance(raised.value, Unauthorized):
        assert raised.value.revoked
