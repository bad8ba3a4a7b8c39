"""What `mpcas2 publish` does when an answer is mangled, or a file cannot be read."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

ACCOUNT = {"id": "a", "platform": "bluesky", "username": "ada.example", "status": "connected"}
ACCOUNTS = json.dumps({"data": [ACCOUNT], "pagination": {"totalPages": 1}}).encode()
REFUSAL = json.dumps({"error": {"code": "TEXT_TOO_LONG", "message": "Too long."}}).encode()


def _methods(answers: Any) -> list[tuple[str, str]]:
    return [(method, path.partition("?")[0]) for method, path, _, _ in answers.seen]


@pytest.mark.parametrize(
    ("status", "body", "taken_back"),
    [
        (202, b"<html>Accepted</html>", False),
        (403, b"<html>The proxy says no</html>", False),
        (500, REFUSAL, False),
        (400, REFUSAL, True),
    ],
)
def test_content_is_taken_back_only_when_there_is_certainly_no_post(
    status: int, body: bytes, taken_back: bool, cli: Any, signed_in_there: Any
) -> None:
    def reply(method: str, path: str) -> tuple[int, bytes]:
        if method == "GET":
            return 200, ACCOUNTS
        if method == "DELETE":
            return 200, b"{}"
        return (status, body) if path.endswith("/publish") else (201, b'{"id": "c"}')

    signed_in_there.reply = reply
    assert cli("publish", "--text", "Hello").code != 0
    assert (("DELETE", "/api/v1/content/c") in _methods(signed_in_there)) is taken_back


@pytest.mark.skipif(sys.platform != "linux", reason="the file is one of Linux")
def test_a_file_that_cannot_be_read_is_named(cli: Any, signed_in_there: Any) -> None:
    signed_in_there.reply = lambda _method, _path: (200, ACCOUNTS)
    # Opens, and gives an error when it is read.
    failed = cli("publish", "/proc/self/mem", "--json")
    assert (failed.code, failed.error()["code"]) == (1, "FILE_ERROR")
    assert failed.error()["message"].startswith("/proc/self/mem cannot be read: ")
