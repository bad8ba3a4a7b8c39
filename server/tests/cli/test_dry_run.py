"""`mpcas2 publish --dry-run` shows what would be posted, posts nothing and leaves nothing behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

ACCOUNT = {"id": "a", "platform": "bluesky", "username": "ada.example", "status": "connected"}
ACCOUNTS = json.dumps({"data": [ACCOUNT], "pagination": {"totalPages": 1}}).encode()


def _text(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "length": len(text), "bytes": len(text), "marks": [], **more}


LONG = "One sentence after the other, and every one of them is there to be folded. " * 3
PREVIEW = {
    "ok": False,
    "accounts": [
        {
            "socialAccountId": "a",
            "platform": "bluesky",
            "username": "ada.example",
            "title": _text("Spring", unit="codepoints", maxLength=100),
            "parts": [
                {
                    "text": _text(
                        LONG,
                        unit="graphemes",
                        maxLength=300,
                        maxBytes=3000,
                        folded="One sentence",
                        marks=[
                            {"start": 0, "end": 3, "kind": "link", "shown": "o.example/…"},
                            {"start": 4, "end": 12, "kind": "hashtag"},
                        ],
                    ),
                    "media": [
                        {
                            "contentId": "c",
                            "kind": "video",
                            "mimeType": "video/mp4",
                            "size": 12_345_678,
                            "altText": "A cat",
                            "width": 1920,
                            "height": 1080,
                            "duration": 12.34,
                        }
                    ],
                }
            ],
            "firstComment": _text("More below"),
        }
    ],
    "problems": [
        {
            "field": "firstComment",
            "message": "Bluesky takes no first comment from programs.",
            "socialAccountId": "a",
        }
    ],
    "warnings": [
        {"code": "DUPLICATE", "message": "The same post is planned.", "socialAccountId": "a"}
    ],
}


@pytest.fixture
def answering(signed_in_there: Any) -> Any:
    """The small server, which knows one account and one preview."""

    def reply(method: str, path: str) -> tuple[int, bytes]:
        if method == "GET":
            return 200, ACCOUNTS
        if method == "DELETE":
            return 200, b"{}"
        if path.endswith("/publish/preview"):
            return 200, json.dumps(PREVIEW).encode()
        return 201, b'{"id": "c"}'

    signed_in_there.reply = reply
    return signed_in_there


def _asked(answers: Any) -> list[tuple[str, str]]:
    return [(method, path.partition("?")[0]) for method, path, _, _ in answers.seen]


def test_a_dry_run_is_readable_at_80_columns(answering: Any, cli: Any) -> None:
    done = cli("publish", "--text", "Hello", "--comment", "More below", "--dry-run")
    assert done.code == 1
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "bluesky:@ada.example"
    told = " ".join(done.out.split())
    for piece in (
        "Title Spring (6 of 100 characters)",
        f"({len(LONG)} of 300 characters, {len(LONG)} of 3000 bytes)",
        "Seen first One sentence …",
        "Marks link One shown as o.example/…, hashtag sentence",
        'File 1 video/mp4, 1920 x 1080, 12.3 s, 12.3 MB, "A cat"',
        "Comment More below",
        "PROBLEM firstComment: Bluesky takes no first comment from programs.",
        "Warning The same post is planned.",
        "1 problem to mend. Nothing was published.",
    ):
        assert piece in told
    asked = _asked(answering)
    assert ("POST", "/api/v1/publish") not in asked
    assert asked[-1] == ("DELETE", "/api/v1/content/c")


def test_a_dry_run_prints_the_answer_as_json(answering: Any, cli: Any) -> None:
    assert answering
    assert cli("publish", "--text", "Hello", "--dry-run", "--json").json() == PREVIEW


def test_content_that_was_there_before_stays(answering: Any, cli: Any) -> None:
    assert cli("publish", "--content", "c", "--dry-run").code == 1
    assert not [one for one in _asked(answering) if one[0] == "DELETE"]
