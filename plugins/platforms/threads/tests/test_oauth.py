from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mpcas2_hookspecs import (
    Grant,
    HttpAnswer,
    OAuthApp,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_threads.adapter import ThreadsPlatform
from mpcas2_testing import CannedServer, MemoryConnectContext

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
APP = OAuthApp(client_id="1", client_secret="s3cret")
PLATFORM = ThreadsPlatform(
    {"api_url": "https://graph.example", "api_version": "v1.0", "web_url": "https://threads.net"}
)
ACCOUNT: Any = None


def refused(code: int, subcode: int = 0) -> dict[str, Any]:
    return {"error": {"message": "No.", "code": code, "error_subcode": subcode}}


def test_a_code_loses_its_tail_and_no_secret_shows() -> None:
    request = PLATFORM.grant_request("c0de#_", "https://us.example/back", "v", APP)
    assert request.form is not None
    assert (request.url, request.form["code"]) == (
        "https://graph.example/oauth/access_token",
        "c0de",
    )
    assert "s3cret" not in repr(request)


def test_a_renewal_shows_no_token() -> None:
    grant = Grant(access_token="t0ken", refresh_token="t0ken")
    request = PLATFORM.refresh_request(ACCOUNT, grant, APP)
    assert request.url.endswith("grant_type=th_refresh_token&access_token=t0ken")
    assert "t0ken" not in repr(request)


ANSWERS: list[tuple[int, Any, type[Exception], type[Exception]]] = [
    (400, refused(190, 463), Rejected, Unauthorized),
    (400, refused(100), Rejected, Unavailable),
    (400, {"error_message": "Invalid client_secret", "code": 101}, Rejected, Unavailable),
    (400, refused(4), RateLimited, RateLimited),
    (400, refused(2), Unavailable, Unavailable),
    (429, {}, RateLimited, RateLimited),
    (500, "", Unavailable, Unavailable),
    (302, "", Unavailable, Unavailable),
    (200, {}, Unavailable, Unavailable),
    (200, "<html>", Unavailable, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "of_code", "of_renewal"), ANSWERS)
def test_refusals_are_told_from_faults(
    status: int, body: Any, of_code: type[Exception], of_renewal: type[Exception]
) -> None:
    answer = HttpAnswer(status=status, body=body)
    with pytest.raises(of_code):
        PLATFORM.parse_grant(answer)
    with pytest.raises(of_renewal):
        PLATFORM.parse_refresh(answer)


def test_a_token_is_its_own_successor_and_is_renewed_halfway() -> None:
    answer = HttpAnswer(
        status=200,
        headers={"date": "Mon, 23 Nov 2026 12:00:00 GMT"},
        body={"access_token": "new", "token_type": "bearer", "expires_in": 5_184_000},
    )
    grant = PLATFORM.parse_refresh(answer)
    assert grant == Grant(
        access_token="new",
        refresh_token="new",
        expires_at=NOW + timedelta(days=60),
        renew_at=NOW + timedelta(days=30),
    )


def test_a_short_token_is_traded_for_one_that_lasts(canned: CannedServer) -> None:
    canned.answer("access_token", {"access_token": "long", "expires_in": 5_184_000})
    canned.answer("me", {"id": "42", "username": "ada", "name": "Ada"})
    (connection,) = connections(canned.url, APP)
    assert connection.grant.access_token == connection.grant.refresh_token == "long"
    assert connection.grant.expires_at == NOW + timedelta(days=60)
    assert connection.profile.username == "ada"
    assert canned.received[0].path == "/access_token"
    assert "client_secret=s3cret" in canned.received[0].query
    assert canned.received[1].path == "/v1.0/me"


def test_an_app_without_secret_is_told_to_the_operator(canned: CannedServer) -> None:
    with pytest.raises(Rejected, match="THREADS_CLIENT_SECRET"):
        connections(canned.url, OAuthApp(client_id="1"))


def connections(url: str, app: OAuthApp) -> Any:
    platform = ThreadsPlatform(
        {"api_url": url, "api_version": "v1.0", "web_url": "https://threads.net"}
    )

    async def run() -> Any:
        async with MemoryConnectContext(access_token="short", app=app, clock=lambda: NOW) as ctx:
            return await platform.connections(Grant(access_token="short"), ctx)

    return asyncio.run(run())
