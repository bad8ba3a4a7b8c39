from __future__ import annotations

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
from mpcas2_platform_tiktok.faults import fault_of

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
DAY = 24 * 3600.0


def fault(
    status: int,
    body: Any = None,
    *,
    irreversible: bool = True,
    headers: dict[str, str] | None = None,
) -> PlatformError:
    content = body if isinstance(body, bytes) else None
    told = None if isinstance(body, bytes) else body
    response = httpx.Response(status, content=content, json=told, headers=headers)
    return fault_of(response, irreversible=irreversible, now=NOW, quota="inits")


def said(code: str) -> dict[str, Any]:
    return {"data": {}, "error": {"code": code, "message": "TikTok said so", "log_id": "L1"}}


# Code, status, the error, and a word of what a person is told to do.
CODES: list[tuple[str, int, type[PlatformError], str]] = [
    ("access_token_invalid", 401, Unauthorized, "connect"),
    ("scope_not_authorized", 401, Unauthorized, "ticked"),
    ("scope_permission_missed", 401, Unauthorized, "developer portal"),
    ("rate_limit_exceeded", 429, RateLimited, "minute"),
    ("spam_risk_too_many_posts", 403, RateLimited, "today"),
    ("spam_risk_too_many_pending_share", 403, RateLimited, "TikTok app"),
    ("reached_active_user_cap", 403, RateLimited, "audit"),
    ("spam_risk_user_banned_from_posting", 403, Rejected, "inbox"),
    ("spam_risk_text", 403, Rejected, "differently"),
    ("spam_risk", 403, Rejected, "change"),
    ("unaudited_client_can_only_post_to_private_accounts", 403, Rejected, "SELF_ONLY"),
    ("privacy_level_option_mismatch", 403, Rejected, "choose"),
    ("url_ownership_unverified", 403, Rejected, "verify"),
    ("invalid_params", 400, Rejected, "TikTok said so"),
    ("invalid_params", 403, Rejected, "L1"),
    ("invalid_publish_id", 400, Rejected, "does not know"),
    ("token_not_authorized_for_specified_publish_id", 400, Rejected, "another account"),
    ("internal_error", 500, OutcomeUnknown, "500"),
    ("internal_error", 504, OutcomeUnknown, "504"),
]


@pytest.mark.parametrize(("code", "status", "kind", "words"), CODES)
def test_each_code_has_its_error_and_says_what_to_do(
    code: str, status: int, kind: type[PlatformError], words: str
) -> None:
    error = fault(status, said(code))
    assert type(error) is kind
    assert error.code == code
    assert words in error.message
    repeatable = fault(status, said(code), irreversible=False)
    assert type(repeatable) is (Unavailable if kind is OutcomeUnknown else kind)


def test_every_listed_code_is_in_the_table(contract: Any) -> None:
    listed = {
        (one["code"], status)
        for one in contract.shared("errors")["errors"]
        for status in one["statuses"]
    }
    tested = {(code, status) for code, status, _, _ in CODES}
    assert {code for code, _ in listed} == {code for code, _ in tested}
    assert tested <= listed


@pytest.mark.parametrize(
    ("code", "quota", "seconds"),
    [
        ("rate_limit_exceeded", "inits", 60.0),
        ("spam_risk_too_many_posts", "posts", DAY),
        ("spam_risk_too_many_pending_share", "drafts", DAY),
        ("reached_active_user_cap", None, DAY),
    ],
)
def test_a_limit_names_its_quota_and_how_long_to_wait(
    code: str, quota: str | None, seconds: float
) -> None:
    error = fault(429 if code == "rate_limit_exceeded" else 403, said(code))
    assert isinstance(error, RateLimited)
    assert (error.quota, error.retry_after) == (quota, seconds)


@pytest.mark.parametrize("code", ["scope_not_authorized", "scope_permission_missed"])
def test_a_missing_scope_needs_a_person_and_no_renewal(code: str) -> None:
    error = fault(401, said(code))
    assert isinstance(error, Unauthorized)
    assert error.revoked
    plain = fault(401, said("access_token_invalid"))
    assert isinstance(plain, Unauthorized)
    assert not plain.revoked


@pytest.mark.parametrize(
    ("status", "body", "irreversible", "repeatable"),
    [
        (401, b"", Unauthorized, Unauthorized),
        (403, b"", Rejected, Rejected),
        (400, b"\xff\xfe not JSON", Rejected, Rejected),
        (413, b"<html>", Rejected, Rejected),
        (418, said("something_new"), Rejected, Rejected),
        (429, b"", RateLimited, RateLimited),
        (408, b"", OutcomeUnknown, Unavailable),
        (302, b"", OutcomeUnknown, Unavailable),
        (503, b"<html>", OutcomeUnknown, Unavailable),
        # A success that says otherwise in its body, as older routes do.
        (200, said("rate_limit_exceeded"), RateLimited, RateLimited),
        (200, said("access_token_invalid"), Unauthorized, Unauthorized),
        (200, said("invalid_params"), Rejected, Rejected),
        (200, said("something_new"), OutcomeUnknown, Unavailable),
    ],
)
def test_answers_without_a_known_code_go_by_their_status(
    status: int,
    body: Any,
    irreversible: type[PlatformError],
    repeatable: type[PlatformError],
) -> None:
    assert type(fault(status, body)) is irreversible
    assert type(fault(status, body, irreversible=False)) is repeatable


def test_a_told_time_counts_more_than_a_guess() -> None:
    error = fault(429, said("rate_limit_exceeded"), headers={"retry-after": "7"})
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7.0
