"""Only what proves that nothing left is harmless; a reading of Retry-After is seconds or nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from mpcas2_hookspecs import (
    OutcomeUnknown,
    Unavailable,
    evidence_of,
    lost_connection,
    retry_after,
    unreadable,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (httpx.ConnectError, Unavailable),
        (httpx.ConnectTimeout, Unavailable),
        (httpx.PoolTimeout, Unavailable),
        (httpx.UnsupportedProtocol, Unavailable),
        (httpx.LocalProtocolError, Unavailable),
        (httpx.ReadTimeout, OutcomeUnknown),
        (httpx.WriteTimeout, OutcomeUnknown),
        (httpx.ReadError, OutcomeUnknown),
        (httpx.WriteError, OutcomeUnknown),
        (httpx.RemoteProtocolError, OutcomeUnknown),
    ],
)
def test_a_request_that_may_have_left_is_unknown(error: type, expected: type) -> None:
    told = lost_connection(error("made for the test"), "Shout", irreversible=True)
    assert type(told) is expected
    assert "Shout" in told.message
    assert type(lost_connection(error("again"), "Shout", irreversible=False)) is Unavailable


@pytest.mark.parametrize(("irreversible", "kind"), [(True, OutcomeUnknown), (False, Unavailable)])
def test_a_success_that_cannot_be_read_confirms_nothing(*, irreversible: bool, kind: type) -> None:
    told = unreadable(httpx.Response(200, text="<html>"), "Shout", irreversible=irreversible)
    assert type(told) is kind
    assert told.answer == {"status": 200, "body": "<html>"}


def test_the_evidence_of_a_long_answer_is_short() -> None:
    assert len(evidence_of(httpx.Response(500, text="x" * 10_000))["body"]) == 500


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 12:01:00", 60.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}, NOW) == seconds


def test_no_header_is_no_time() -> None:
    assert retry_after({}, NOW) is None


def test_a_date_says_nothing_where_the_time_is_not_known() -> None:
    assert retry_after({"retry-after": "Mon, 23 Nov 2026 12:00:07 GMT"}, None) is None
    assert retry_after({"retry-after": "7"}, None) == 7.0
