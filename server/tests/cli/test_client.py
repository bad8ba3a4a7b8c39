from __future__ import annotations

import io
import json
from typing import Any

import pytest

from mpcas2_server.client import ApiError, Client, ServerUnreachable, base_of


class Tokens:
    """Hands out numbered tokens."""

    def __init__(self) -> None:
        self.number = 0

    def access_token(self) -> str:
        return f"token-{self.number}"

    def renewed(self, refused: str) -> str:
        assert refused == f"token-{self.number}"
        self.number += 1
        return self.access_token()


def _client(url: str, **options: Any) -> Client:
    return Client(url, sleep=lambda _seconds: None, **options)


def _in_turn(answers: Any, *replies: Any) -> None:
    waiting = list(replies)
    answers.reply = lambda _method, _path: waiting.pop(0)


OK = (200, b'{"ok": true}')


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("http://127.0.0.1:3001", "http://127.0.0.1:3001"),
        ("http://127.0.0.1:3001/", "http://127.0.0.1:3001"),
        ("https://m.example/api/v1/", "https://m.example"),
        ("https://m.example/below", "https://m.example/below"),
    ],
)
def test_an_address_is_brought_to_one_form(given: str, expected: str) -> None:
    assert base_of(given) == expected


@pytest.mark.parametrize("given", ["", "m.example", "ftp://m.example", "http://", "http://a:b@h"])
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        base_of(given)


def test_a_post_whose_answer_was_lost_is_repeated_under_the_same_key(answers: Any) -> None:
    _in_turn(answers, None, None, OK)
    with _client(answers.url) as client:
        assert client.post("/publish", {"a": 1}) == {"ok": True}
    keys = {headers["idempotency-key"] for _, _, headers, _ in answers.seen}
    assert len(answers.seen) == 3
    assert len(keys) == 1


def test_two_posts_have_two_keys(answers: Any) -> None:
    _in_turn(answers, OK, OK)
    with _client(answers.url) as client:
        client.post("/publish", {})
        client.post("/publish", {})
    assert len({headers["idempotency-key"] for _, _, headers, _ in answers.seen}) == 2


def test_an_upload_that_was_cut_is_sent_again_from_its_beginning(answers: Any) -> None:
    _in_turn(answers, None, OK)
    with _client(answers.url) as client:
        client.upload(
            "/content",
            io.BytesIO(b"x" * 100_000),
            name="a.bin",
            mime_type="application/octet-stream",
            fields={"title": "T", "tags": ["a", "b"]},
        )
    body = answers.seen[-1][3]
    assert b"x" * 100_000 in body
    assert body.count(b'name="tags"') == 2


def test_a_delete_whose_answer_was_lost_is_not_repeated(answers: Any) -> None:
    with _client(answers.url) as client, pytest.raises(ServerUnreachable, match="was lost"):
        client.delete("/content/1")
    assert len(answers.seen) == 1


def test_a_server_that_asks_for_patience_gets_it(answers: Any) -> None:
    _in_turn(answers, (503, b"{}"), OK)
    with _client(answers.url) as client:
        assert client.get("/jobs") == {"ok": True}


def test_nothing_listening_is_said_at_once() -> None:
    with _client("http://127.0.0.1:9") as client, pytest.raises(ServerUnreachable, match="up"):
        client.get("/jobs")


def test_a_refused_token_is_renewed_once(answers: Any) -> None:
    refused = (401, b'{"error": {"code": "TOKEN_EXPIRED", "message": "over"}}')
    _in_turn(answers, refused, OK)
    with _client(answers.url, tokens=Tokens()) as client:
        assert client.get("/jobs") == {"ok": True}
    given = [headers["authorization"] for _, _, headers, _ in answers.seen]
    assert given == ["Bearer token-0", "Bearer token-1"]


def test_a_token_that_stays_refused_is_an_error(answers: Any) -> None:
    refused = (401, b'{"error": {"code": "TOKEN_EXPIRED", "message": "over"}}')
    _in_turn(answers, refused, refused)
    with _client(answers.url, tokens=Tokens()) as client, pytest.raises(ApiError) as caught:
        client.get("/jobs")
    assert (caught.value.status, caught.value.code) == (401, "TOKEN_EXPIRED")


def test_the_envelope_of_an_error_is_read(answers: Any) -> None:
    error = {
        "code": "VALIDATION_ERROR",
        "message": "Wrong.",
        "details": {"field": "text"},
        "requestId": "r-1",
    }
    _in_turn(answers, (400, json.dumps({"error": error}).encode()))
    with _client(answers.url) as client, pytest.raises(ApiError) as caught:
        client.post("/content", {})
    assert caught.value.message == "Wrong."
    assert caught.value.details == {"field": "text", "requestId": "r-1"}


@pytest.mark.parametrize(
    "answer", [(200, b"<html>"), (404, b"not here"), (302, b""), (500, b'{"error": "text"}')]
)
def test_the_answer_of_another_kind_of_server_is_named_as_such(
    answers: Any, answer: tuple[int, bytes]
) -> None:
    _in_turn(answers, answer)
    with _client(answers.url) as client, pytest.raises(ApiError, match="MPCAS2 server"):
        client.get("/jobs")


def test_pages_are_read_until_the_last_or_until_enough(answers: Any) -> None:
    def reply(_method: str, path: str) -> tuple[int, bytes]:
        page = int(path.partition("page=")[2].partition("&")[0])
        body = {"data": [page * 10, page * 10 + 1], "pagination": {"totalPages": 3}}
        return 200, json.dumps(body).encode()

    answers.reply = reply
    with _client(answers.url) as client:
        assert list(client.pages("/jobs", state=None)) == [10, 11, 20, 21, 30, 31]
        assert list(client.pages("/jobs", most=3)) == [10, 11, 20]
    assert all("state" not in path for _, path, _, _ in answers.seen)
