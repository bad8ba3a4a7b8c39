from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from mpcas2_hookspecs import (
    CannotTell,
    Found,
    Media,
    OutcomeUnknown,
    Part,
    PlatformError,
    Published,
    RateLimited,
    Rejected,
    Staged,
    Unavailable,
)
from mpcas2_platform_twitter.options import PollOptions, XOptions
from mpcas2_testing import CannedServer

POST = Published(id="1999", url="https://x.com/ada/status/1999")
TOLD = {"id": "1999", "text": "Hello", "created_at": "2026-11-23T12:00:01Z"}


def stage(worker: Any, part: Part) -> Staged:
    staged: Staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    return staged


def publish(worker: Any, staged: Staged) -> Any:
    return worker.run(lambda platform, ctx: platform.publish(staged, ctx))


def find(worker: Any, staged: Staged) -> Any:
    return worker.run(lambda platform, ctx: platform.find(staged, ctx))


def delete(worker: Any) -> None:
    worker.run(lambda platform, ctx: platform.delete(POST, ctx))


def test_a_text_is_staged_without_any_request(canned: CannedServer, worker: Any) -> None:
    staged = stage(worker, Part(index=0, text="Hello"))
    assert canned.received == []
    assert staged.data == {
        "body": {"text": "Hello"},
        "stagedAt": "2026-11-23T12:00:00Z",
        "authorId": "42",
    }
    assert worker.spent == [("posts", 1), ("app-posts", 1)]


def test_a_later_part_replies_to_the_one_before(worker: Any) -> None:
    root, parent = Published(id="7"), Published(id="8")
    options = XOptions(poll=PollOptions(options=("a", "b")), reply_settings="following")
    part = Part(index=2, text="More", root=root, parent=parent, options=options)
    body = stage(worker, part).data["body"]
    assert body == {"text": "More", "reply": {"in_reply_to_tweet_id": "8"}}


def test_a_first_comment_replies_to_the_first_part(worker: Any) -> None:
    part = Part(
        index=2, role="comment", text="More", root=Published(id="7"), parent=Published(id="8")
    )
    body = stage(worker, part).data["body"]
    assert body == {"text": "More", "reply": {"in_reply_to_tweet_id": "7"}}


def test_what_x_would_refuse_is_refused_before_any_upload(
    canned: CannedServer, worker: Any
) -> None:
    gif = Media(id="g", kind="image", mime_type="image/gif", size=9)
    with pytest.raises(Rejected, match="one GIF alone"):
        stage(worker, Part(index=0, text="", media=(gif, gif)))
    assert canned.received == []
    assert worker.spent == []


def test_publish_sends_the_staged_body_once(canned: CannedServer, worker: Any) -> None:
    canned.answer("tweets", {"data": {"id": "1999", "text": "Hello"}}, status=201)
    staged = stage(worker, Part(index=0, text="Hello"))
    assert publish(worker, staged) == POST
    [request] = canned.received
    assert (request.method, request.path) == ("POST", "/2/tweets")
    assert json.loads(request.body) == staged.data["body"]
    assert request.headers["authorization"] == "Bearer access-secret"
    assert worker.readings == []


def test_publish_tells_what_is_left_of_the_quota(canned: CannedServer, worker: Any) -> None:
    headers = {"x-rate-limit-remaining": "99", "x-rate-limit-limit": "100"}
    canned.answer("tweets", {"data": {"id": "1999"}}, status=201, headers=headers)
    publish(worker, stage(worker, Part(index=0, text="Hello")))
    [reading] = worker.readings
    assert (reading.name, reading.remaining, reading.limit) == ("posts", 99, 100)


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, RateLimited), (402, Rejected), (403, Rejected), (503, OutcomeUnknown)],
)
def test_publish_raises_what_the_answer_means(
    canned: CannedServer, worker: Any, status: int, error: type[PlatformError]
) -> None:
    canned.answer("tweets", status=status)
    with pytest.raises(error):
        publish(worker, stage(worker, Part(index=0, text="Hello")))
    assert len(canned.received) == 1


def test_find_asks_for_what_it_compares_from_a_little_before(
    canned: CannedServer, worker: Any
) -> None:
    canned.answer("tweets", {"data": [TOLD], "meta": {"result_count": 1}})
    staged = stage(worker, Part(index=0, text="Hello"))
    worker.now += timedelta(hours=3)
    assert find(worker, staged) == Found(post=POST)
    [request] = canned.received
    assert request.path == "/2/users/42/tweets"
    query = parse_qs(request.query)
    assert query["start_time"] == ["2026-11-23T11:59:55Z"]
    assert query["expansions"] == ["referenced_posts"]


@pytest.mark.parametrize(
    "answer",
    [
        {"meta": {"result_count": 0}},
        {"data": [TOLD | {"text": "Other"}], "meta": {}},
        {"data": [TOLD | {"created_at": "2026-11-23T11:00:00Z"}]},
    ],
)
def test_find_never_says_that_a_post_is_absent(
    canned: CannedServer, worker: Any, answer: dict[str, Any]
) -> None:
    canned.answer("tweets", answer)
    said = find(worker, stage(worker, Part(index=0, text="Hello")))
    assert isinstance(said, CannotTell)
    assert "Hello" in said.reason
    assert "https://x.com/ada" in said.reason
    assert said.ask_again_after == 15.0


def test_find_reads_on_until_the_last_page_and_no_further_than_ten(
    canned: CannedServer, worker: Any
) -> None:
    canned.answer("tweets", {"data": [], "meta": {"next_token": "more"}})
    assert isinstance(find(worker, stage(worker, Part(index=0, text="Hello"))), CannotTell)
    assert len(canned.received) == 10
    assert "pagination_token=more" in canned.received[1].query


@pytest.mark.parametrize("answer", [b"", b'{"data": 7}', b'{"data": [{"text": "no id"}]}'])
def test_an_unreadable_timeline_claims_nothing(
    canned: CannedServer, worker: Any, answer: bytes
) -> None:
    canned.answer("tweets", answer)
    with pytest.raises(Unavailable):
        find(worker, stage(worker, Part(index=0, text="Hello")))


def test_a_post_is_deleted(canned: CannedServer, worker: Any) -> None:
    canned.answer("1999", {"data": {"deleted": True}})
    delete(worker)
    [request] = canned.received
    assert (request.method, request.path) == ("DELETE", "/2/tweets/1999")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {}),
        (200, {"errors": [{"type": "https://api.x.com/2/problems/resource-not-found"}]}),
    ],
)
def test_a_post_that_is_gone_is_no_error(
    canned: CannedServer, worker: Any, status: int, body: dict[str, Any]
) -> None:
    canned.answer("1999", body, status=status)
    delete(worker)
    assert [request.method for request in canned.received] == ["DELETE"]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {"data": {"deleted": False}}, Rejected),
        (403, {}, Rejected),
        (500, {}, OutcomeUnknown),
    ],
)
def test_a_post_that_is_not_deleted_is_told(
    canned: CannedServer, worker: Any, status: int, body: Any, error: type[PlatformError]
) -> None:
    canned.answer("1999", body, status=status)
    with pytest.raises(error):
        delete(worker)
