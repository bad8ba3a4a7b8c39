from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mpcas2_hookspecs import (
    Account,
    Grant,
    HttpAnswer,
    HttpRequest,
    OAuthApp,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_tiktok.adapter import TikTokPlatform
from mpcas2_platform_tiktok.oauth import consent
from mpcas2_testing import PRACTICE_APP
from mpcas2_testing.consent import answer_to, consent_address

APP = OAuthApp(client_id="key", client_secret="hidden")
ACCOUNT = Account(id="a", platform="tiktok", platform_account_id="o", username="ada")
DATE = {"date": "Mon, 23 Nov 2026 12:00:00 GMT"}
TOKENS = {
    "open_id": "o",
    "scope": "user.info.basic,video.publish",
    "access_token": "act.1",
    "expires_in": 7200,
    "refresh_token": "rft.1",
    "refresh_expires_in": 15_552_000,
    "token_type": "Bearer",
}


@pytest.fixture
def tiktok() -> TikTokPlatform:
    settings = {
        "api_url": "https://api.example/tiktok/",
        "web_url": "https://web.example/tiktok/",
        "scopes": "user.info.basic, video.publish",
    }
    return TikTokPlatform(settings)


def holds(contract: Any, request: HttpRequest) -> None:
    path = "/v2/oauth/token/"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert request.url.endswith(path)
    contract.check(request.method, path, {}, headers, request.form)


def test_the_consent_page_is_asked_in_tiktoks_way(contract: Any, tiktok: TikTokPlatform) -> None:
    address = urlsplit(consent_address(tiktok, PRACTICE_APP, "verifier"))
    assert f"{address.scheme}://{address.netloc}" == "https://web.example"
    query = dict(parse_qsl(address.query))
    contract.check("GET", address.path.removeprefix("/tiktok"), query, {}, None)
    assert query["client_key"] == "practice-client"
    assert query["scope"] == "user.info.basic,video.publish"


@pytest.mark.parametrize(
    ("scopes", "required"),
    [
        ("user.info.basic,video.publish,video.list", ("user.info.basic", "video.publish")),
        ("user.info.basic,video.upload", ("user.info.basic", "video.upload")),
        ("", ("user.info.basic", "video.upload")),
    ],
)
def test_what_is_required_is_asked_for(scopes: str, required: tuple[str, ...]) -> None:
    asked = consent("https://web.example", scopes)
    assert asked.required == required
    assert set(required) <= set(asked.scopes)
    assert len(asked.scopes) == len(set(asked.scopes))


def test_code_and_refresh_token_are_sent_as_the_contract_says(
    contract: Any, tiktok: TikTokPlatform
) -> None:
    code = tiktok.grant_request("c0de", "https://here/callback", "verifier", APP)
    holds(contract, code)
    assert code.url == "https://api.example/tiktok/v2/oauth/token/"
    assert "hidden" not in repr(code)
    renewal = tiktok.refresh_request(ACCOUNT, Grant(access_token="a", refresh_token="r"), APP)
    holds(contract, renewal)


def test_a_grant_obeys_the_lifetimes_that_it_is_told(tiktok: TikTokPlatform) -> None:
    for read in (tiktok.parse_grant, tiktok.parse_refresh):
        assert read(HttpAnswer(status=200, headers=DATE, body=TOKENS)) == Grant(
            access_token="act.1",
            refresh_token="rft.1",
            expires_at=datetime(2026, 11, 23, 14, 0, tzinfo=UTC),
            scopes=("user.info.basic", "video.publish"),
            renew_at=datetime(2027, 2, 21, 12, 0, tzinfo=UTC),
        )


def test_without_a_date_no_end_is_made_up(tiktok: TikTokPlatform) -> None:
    grant = tiktok.parse_grant(HttpAnswer(status=200, body=TOKENS))
    assert (grant.expires_at, grant.renew_at) == (None, None)


@pytest.mark.parametrize(
    ("grant", "app"),
    [(Grant(access_token="a"), APP), (Grant(access_token="a", refresh_token="r"), None)],
)
def test_what_cannot_be_renewed_needs_a_person(
    tiktok: TikTokPlatform, grant: Grant, app: OAuthApp | None
) -> None:
    with pytest.raises(Unauthorized) as raised:
        tiktok.refresh_request(ACCOUNT, grant, app)
    assert raised.value.revoked


def told(error: str) -> dict[str, str]:
    return {"error": error, "error_description": "TikTok said so.", "log_id": "L1"}


# Status, body, the error at connection, the error at a renewal.
TABLE: list[tuple[int, Any, type[PlatformError], type[PlatformError]]] = [
    (400, told("invalid_grant"), Rejected, Unauthorized),
    (401, told("invalid_client"), Rejected, Unavailable),
    (400, told("invalid_request"), Rejected, Unavailable),
    (400, told("unsupported_grant_type"), Rejected, Unavailable),
    # Refusals have come with 200 as well.
    (200, told("invalid_grant"), Rejected, Unauthorized),
    (403, "<html>", Rejected, Unavailable),
    (429, {}, RateLimited, RateLimited),
    (408, "", Unavailable, Unavailable),
    (503, told("internal_error"), Unavailable, Unavailable),
    (200, {"access_token": "act.1"}, Unavailable, Unavailable),
]


@pytest.mark.parametrize(("status", "body", "connecting", "renewing"), TABLE)
def test_each_refusal_has_its_error(
    tiktok: TikTokPlatform,
    status: int,
    body: Any,
    connecting: type[PlatformError],
    renewing: type[PlatformError],
) -> None:
    answer = HttpAnswer(status=status, body=body)
    with pytest.raises(connecting) as first:
        tiktok.parse_grant(answer)
    with pytest.raises(renewing) as second:
        tiktok.parse_refresh(answer)
    for raised in (first.value, second.value):
        assert "act.1" not in f"{raised.message}{raised.answer}"


def test_every_listed_refusal_is_in_the_table(contract: Any) -> None:
    listed = {one["code"] for one in contract.shared("errors")["oauth"]}
    tested = {
        body["error"] for _, body, _, _ in TABLE if isinstance(body, dict) and "error" in body
    }
    assert listed <= tested


def test_a_spent_refresh_token_is_dead(worker: Any) -> None:
    grant, platform = worker.connection.grant, worker.platform
    request = platform.refresh_request(worker.account, grant, PRACTICE_APP)
    fresh = platform.parse_refresh(asyncio.run(answer_to(request)))
    assert fresh.refresh_token != grant.refresh_token
    with pytest.raises(Unauthorized) as raised:
        platform.parse_refresh(asyncio.run(answer_to(request)))
    assert raised.value.revoked
