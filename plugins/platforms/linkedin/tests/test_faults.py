from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_linkedin.faults import DUPLICATE, fault_of
from mpcas2_platform_linkedin.rest import send
from mpcas2_testing import CannedServer

NOW = datetime(2026, 11, 23, 18, 0, 0, tzinfo=UTC)
HOURS_6 = 6 * 3_600.0
OTHER = (
    "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of "
)


def said(code: str = "", text: str = "Words", service: int = 0) -> dict[str, Any]:
    body: dict[str, Any] = {"message": text}
    return (
        body | ({"code": code} if code else {}) | ({"serviceErrorCode": service} if service else {})
    )


# Status, body, the error of an irreversible request, that of another, code, words to look for.
TABLE: list[tuple[int, Any, type[PlatformError], type[PlatformError], str, str]] = [
    (401, said("EXPIRED_ACCESS_TOKEN", service=65602), Unauthorized, Unauthorized, "", "ended"),
    (401, said("REVOKED_ACCESS_TOKEN"), Unauthorized, Unauthorized, "", "taken back"),
    (401, said(service=65601), Unauthorized, Unauthorized, "401", "taken back"),
    (401, said("INVALID_ACCESS_TOKEN", service=65600), Unauthorized, Unauthorized, "", "connect"),
    (401, b"", Unauthorized, Unauthorized, "401", "connect"),
    (403, said("ACCESS_DENIED", service=100), Rejected, Rejected, "ACCESS_DENIED", "role"),
    (
        403,
        said("ACCESS_DENIED", "Not enough permissions to access: comments.CREATE.20260701"),
        Rejected,
        Rejected,
        "ACCESS_DENIED",
        "w_member_social_feed",
    ),
    (
        403,
        said("ACCESS_DENIED", "Not enough permissions to access: organizationAcls.FINDER"),
        Rejected,
        Rejected,
        "ACCESS_DENIED",
        "administrator of the page",
    ),
    (
        403,
        said("ACCESS_DENIED", "Not enough permissions to access: memberCreatorPostAnalytics.GET"),
        Rejected,
        Rejected,
        "ACCESS_DENIED",
        "r_member_postAnalytics",
    ),
    (403, b"<html>", Rejected, Rejected, "403", "permit"),
    (404, said("RESOURCE_NOT_FOUND"), Rejected, Rejected, "RESOURCE_NOT_FOUND", "deleted"),
    (422, said(text=OTHER + "urn:li:share:71"), Rejected, Rejected, DUPLICATE, "change the text"),
    (
        422,
        {"errorDetails": {"inputErrors": [{"code": "DUPLICATE_POST", "description": "x"}]}},
        Rejected,
        Rejected,
        DUPLICATE,
        "change the text",
    ),
    (422, said(text="ERROR :: /author :: field is required"), Rejected, Rejected, "422", "author"),
    (
        426,
        said("NONEXISTENT_VERSION", "Requested version 20250401 is not active"),
        Rejected,
        Rejected,
        "NONEXISTENT_VERSION",
        "MPCAS2_LINKEDIN_API_VERSION",
    ),
    (426, b"", Rejected, Rejected, "426", "MPCAS2_LINKEDIN_API_VERSION"),
    (400, said("VERSION_MISSING"), Rejected, Rejected, "", "MPCAS2_LINKEDIN_API_VERSION"),
    (400, said("INVALID_VERSION"), Rejected, Rejected, "", "MPCAS2_LINKEDIN_API_VERSION"),
    (400, said("MEDIA_ASSET_WAITING_UPLOAD"), Unavailable, Unavailable, "", "later"),
    (400, said("MEDIA_ASSET_PROCESSING_FAILED"), Rejected, Rejected, "", "Convert"),
    (400, said("FIELD_LENGTH_TOO_LONG"), Rejected, Rejected, "", "Shorten"),
    (400, said("INVALID_CONTENT_OWNERSHIP"), Rejected, Rejected, "", "another account"),
    (400, said("EXPIRED_UPLOAD_URL"), Rejected, Rejected, "", "ran out"),
    (400, said("INVALID_URN_ID"), Rejected, Rejected, "", "mentions"),
    (400, said("INVALID_URN_TYPE"), Rejected, Rejected, "", "mentions"),
    (400, said("INVALID_VALUE_FOR_FIELD", "Bad poll"), Rejected, Rejected, "", "Bad poll"),
    (400, said("MISSING_FIELD", "No author"), Rejected, Rejected, "", "No author"),
    (400, said("SYNTAX_EXCEPTION", "Bad query"), Rejected, Rejected, "", "Bad query"),
    (400, b"\xff\xfe", Rejected, Rejected, "400", "refused"),
    (400, b"[]", Rejected, Rejected, "400", "refused"),
    (400, {"errorDetails": {"inputErrors": ["x"]}}, Rejected, Rejected, "400", "refused"),
    (408, b"", OutcomeUnknown, Unavailable, "408", "408"),
    (302, b"", OutcomeUnknown, Unavailable, "302", "302"),
    (500, said("INTERNAL_SERVER_ERROR"), OutcomeUnknown, Unavailable, "", "500"),
    (503, b"<html>", OutcomeUnknown, Unavailable, "503", "503"),
]


@pytest.mark.parametrize(("status", "body", "irreversible", "repeatable", "code", "words"), TABLE)
def test_each_answer_has_its_error(
    status: int,
    body: Any,
    irreversible: type[PlatformError],
    repeatable: type[PlatformError],
    code: str,
    words: str,
) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = httpx.Response(status, content=content)
    for kind, is_final in ((irreversible, True), (repeatable, False)):
        error = fault_of(response, irreversible=is_final, now=NOW)
        assert type(error) is kind
        assert words in error.message
        assert not code or error.code == code


def test_a_revoked_grant_cannot_be_helped() -> None:
    gone = fault_of(
        httpx.Response(401, json=said("REVOKED_ACCESS_TOKEN")), irreversible=True, now=NOW
    )
    over = fault_of(
        httpx.Response(401, json=said("EXPIRED_ACCESS_TOKEN")), irreversible=True, now=NOW
    )
    assert isinstance(gone, Unauthorized)
    assert isinstance(over, Unauthorized)
    assert gone.revoked
    assert not over.revoked


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        (
            {},
            "Resource level throttle MEMBER DAY limit for calls to this resource is reached.",
            HOURS_6,
        ),
        ({"retry-after": "7"}, "Resource level throttle APPLICATION DAY limit", 7.0),
        ({}, "Slow down", None),
    ],
)
def test_a_daily_limit_ends_at_midnight(
    headers: dict[str, str], text: str, seconds: float | None
) -> None:
    response = httpx.Response(429, headers=headers, json=said("TOO_MANY_REQUESTS", text))
    error = fault_of(response, irreversible=True, now=NOW)
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_the_post_that_a_duplicate_names_is_kept() -> None:
    response = httpx.Response(422, json=said(text=OTHER + "urn:li:ugcPost:72"))
    error = fault_of(response, irreversible=True, now=NOW)
    assert error.answer["post"] == "urn:li:ugcPost:72"


def test_a_lost_answer_is_unknown_only_where_it_matters(canned: CannedServer) -> None:
    canned.answer("posts", cut=True)

    async def ask(*, irreversible: bool) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            request = client.build_request("POST", f"{canned.url}/rest/posts")
            await send(client, request, now=NOW, irreversible=irreversible)

    with pytest.raises(OutcomeUnknown):
        asyncio.run(ask(irreversible=True))
    with pytest.raises(Unavailable):
        asyncio.run(ask(irreversible=False))
