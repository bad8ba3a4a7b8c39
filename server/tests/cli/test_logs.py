from __future__ import annotations

import io
import json
import logging
from typing import Any
from uuid import UUID

import pytest
import structlog

from mpcas2_core.logs import configure
from mpcas2_core.masking import HIDDEN, mask

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def _refuse() -> None:
    raise ValueError(f"refused {JWT}")


def _lines(stream: io.StringIO) -> list[Any]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_carries_the_ids_of_its_context() -> None:
    stream = io.StringIO()
    configure(log_format="json", stream=stream)
    job = UUID("01a208d1-306c-7238-8acd-93e2c8768395")
    with structlog.contextvars.bound_contextvars(request_id="r-1", job_id=job):
        structlog.get_logger("x").info("post_sent", part=1)
    structlog.get_logger("x").info("idle")
    first, second = _lines(stream)
    assert first["event"] == "post_sent"
    assert (first["request_id"], first["level"], first["part"]) == ("r-1", "info", 1)
    assert str(job) in first["job_id"]
    assert "timestamp" in first
    assert "request_id" not in second


def test_lines_below_the_level_are_not_written() -> None:
    stream = io.StringIO()
    configure(level="warning", log_format="json", stream=stream)
    structlog.get_logger("x").info("small")
    structlog.get_logger("x").warning("large")
    assert [line["event"] for line in _lines(stream)] == ["large"]


def test_libraries_log_to_the_same_place_from_warnings_on() -> None:
    stream = io.StringIO()
    configure(level="debug", log_format="json", stream=stream)
    logging.getLogger("httpx").info("HTTP Request: GET https://h/?token=1")
    logging.getLogger("asyncpg").warning("lost %s", "postgresql://u:secret@h/d")
    (line,) = _lines(stream)
    assert line["event"] == f"lost postgresql://u:{HIDDEN}@h/d"
    assert line["logger"] == "asyncpg"


def test_secrets_reach_neither_form() -> None:
    for form in ("json", "pretty"):
        stream = io.StringIO()
        configure(log_format=form, stream=stream)
        try:
            _refuse()
        except ValueError:
            structlog.get_logger("x").exception(
                "failed",
                password="hunter22",
                headers={"Authorization": "Bearer abcdefghijkl", "Accept": "x"},
                url="redis://:hunter22@h:1/0",
            )
        text = stream.getvalue()
        assert "failed" in text
        assert "ValueError" in text
        for secret in ("hunter22", "abcdefghijkl", "eyJ"):
            assert secret not in text


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("password", "x", HIDDEN),
        ("appPassword", "x", HIDDEN),
        ("app_password", "x", HIDDEN),
        ("access_token", "x", HIDDEN),
        ("refreshToken", "x", HIDDEN),
        ("Set-Cookie", "x", HIDDEN),
        ("api_key", "x", HIDDEN),
        ("jwt_secret", "x", HIDDEN),
        ("password", None, None),
        ("idempotency_key", "x", "x"),
        ("access_token_value", "x", HIDDEN),
        ("tokenValue", "x", HIDDEN),
        ("jwtString", "x", HIDDEN),
        ("JWTString", "x", HIDDEN),
        ("apiKeyHeader", "x", HIDDEN),
        ("accesstoken", "x", HIDDEN),
        ("tokens_left", 3, 3),
        ("token_type", "Bearer", "Bearer"),
        ("tokenExpiresAt", "x", "x"),
        ("tokenizer", "x", "x"),
        ("answer", {"accessJwt": "x", "did": "d"}, {"accessJwt": HIDDEN, "did": "d"}),
        ("many", [{"secret": "x"}, "plain"], [{"secret": HIDDEN}, "plain"]),
        ("text", f"with {JWT} inside", f"with {HIDDEN} inside"),
        ("text", "Authorization: Basic dXNlcjpwYXNz", f"Authorization: Basic {HIDDEN}"),
        ("text", "postgresql://u:p@h/d", f"postgresql://u:{HIDDEN}@h/d"),
        ("text", "at postgresql://u:p@ss@word@h/d now", f"at postgresql://u:{HIDDEN}@h/d now"),
        ("text", "postgresql://h/d?password=x&a=b", f"postgresql://h/d?password={HIDDEN}&a=b"),
        ("text", "mail me at a@b.example", "mail me at a@b.example"),
        ("text", "see https://h:80/p for a@b", "see https://h:80/p for a@b"),
    ],
)
def test_what_is_secret_is_hidden_and_nothing_else(name: str, value: Any, expected: Any) -> None:
    assert mask(value, name) == expected


def test_a_stream_that_is_gone_does_not_stop_the_work() -> None:
    stream = io.StringIO()
    configure(log_format="json", stream=stream)
    stream.close()
    structlog.get_logger("x").info("still here")
    logging.getLogger("y").error("here as well")
