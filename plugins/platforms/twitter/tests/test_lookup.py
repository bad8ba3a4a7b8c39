from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from mpcas2_platform_twitter.lookup import StagedPost, is_ours, matching
from mpcas2_platform_twitter.wire import Post

STAGED_AT = "2026-11-23T12:00:00.500Z"
LINK = {"url": "https://t.co/AbC123", "expanded_url": "https://example.com/a"}
OTHER = {"url": "https://t.co/AbC123", "expanded_url": "https://example.com/b"}
PHOTO = {"url": "https://t.co/pic1", "expanded_url": "https://x.com/ada/status/9/photo/1"}
ONE_PICTURE = {"media_ids": ["1"]}


def staged(**body: Any) -> StagedPost:
    return msgspec.convert(
        {"body": {"text": "Hello"} | body, "stagedAt": STAGED_AT, "authorId": "42"}, StagedPost
    )


def post(**fields: Any) -> Post:
    told = {"id": "9", "text": "Hello", "created_at": "2026-11-23T12:00:03.000Z"} | fields
    return msgspec.convert(told, Post)


OURS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({}, {"created_at": "2026-11-23T11:59:56Z"}),
    ({"text": " Hello \n\n there "}, {"text": "Hello \n there"}),
    ({"text": "cafe\u0301"}, {"text": "caf\xe9"}),
    ({"text": "a & b <c> &amp;"}, {"text": "a &amp; b &lt;c&gt; &amp;amp;"}),
    (
        {"text": "See https://example.com/a, now"},
        {"text": "See https://t.co/AbC123, now", "entities": {"urls": [LINK]}},
    ),
    (
        {"text": "See example.com/a"},
        {"text": "See https://t.co/AbC123", "entities": {"urls": [LINK]}},
    ),
    ({"text": "See https://example.com/"}, {"text": "See https://example.com"}),
    ({"made_with_ai": True, "reply_settings": "following"}, {}),
    (
        {"reply": {"in_reply_to_tweet_id": "7"}},
        {"referenced_posts": [{"type": "replied_to", "id": "7"}]},
    ),
    (
        {"reply": {"in_reply_to_tweet_id": "7"}},
        {"referenced_tweets": [{"type": "replied_to", "id": "7"}]},
    ),
    (
        {"media": ONE_PICTURE},
        {
            "text": "Hello https://t.co/pic1",
            "entities": {"urls": [PHOTO]},
            "attachments": {"media_keys": ["3_1"]},
        },
    ),
    ({"media": ONE_PICTURE}, {"attachments": {"media_keys": ["3_1"]}}),
    (
        {"text": "", "media": ONE_PICTURE},
        {"text": "https://t.co/pic1", "attachments": {"media_keys": ["3_1"]}},
    ),
    (
        {"text": "At example.com/a", "media": ONE_PICTURE},
        {
            "text": "At https://t.co/AbC123 https://t.co/pic1",
            "entities": {"urls": [LINK, PHOTO]},
            "attachments": {"media_keys": ["3_1"]},
        },
    ),
    (
        {"quote_tweet_id": "5"},
        {
            "text": "Hello https://t.co/q",
            "referenced_posts": [{"type": "quoted", "id": "5"}],
        },
    ),
    (
        {"quote_tweet_id": "5", "media": ONE_PICTURE},
        {
            "text": "Hello https://t.co/q https://t.co/pic1",
            "referenced_posts": [{"type": "quoted", "id": "5"}],
            "attachments": {"media_keys": ["3_1"]},
        },
    ),
    (
        {"poll": {"options": ["a", "b"], "duration_minutes": 5}},
        {"attachments": {"poll_ids": ["1"]}},
    ),
    ({"text": "long " * 80}, {"text": "long long\u2026", "note_post": {"text": "long " * 80}}),
    ({"text": "long " * 80}, {"text": "long long\u2026", "note_tweet": {"text": "long " * 80}}),
]

NOT_OURS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"text": "hello"}),
    ({}, {"text": "Hello there"}),
    ({}, {"created_at": "2026-11-23T11:59:55Z"}),
    ({}, {"created_at": None}),
    (
        {"text": "See https://example.com/a"},
        {"text": "See https://t.co/AbC123", "entities": {"urls": [OTHER]}},
    ),
    ({"text": "See https://example.com/a"}, {"text": "See https://t.co/AbC123"}),
    ({}, {"referenced_posts": [{"type": "replied_to", "id": "7"}]}),
    ({"reply": {"in_reply_to_tweet_id": "7"}}, {}),
    (
        {"reply": {"in_reply_to_tweet_id": "7"}},
        {"referenced_posts": [{"type": "replied_to", "id": "8"}]},
    ),
    (
        {"reply": {"in_reply_to_tweet_id": "9"}},
        {"referenced_posts": [{"type": "replied_to", "id": "9"}]},
    ),
    ({}, {"referenced_posts": [{"type": "retweeted", "id": "7"}]}),
    ({}, {"referenced_posts": [{"type": "quoted", "id": "7"}]}),
    ({}, {"attachments": {"media_keys": ["3_1"]}}),
    ({}, {"text": "Hello https://t.co/pic1"}),
    ({"media": ONE_PICTURE}, {}),
    ({"media": {"media_ids": ["1", "2"]}}, {"attachments": {"media_keys": ["3_1"]}}),
    ({"poll": {"options": ["a", "b"], "duration_minutes": 5}}, {}),
    ({}, {"attachments": {"poll_ids": ["1"]}}),
]


@pytest.mark.parametrize(("body", "fields"), OURS)
def test_a_post_that_says_the_same_is_ours(body: dict[str, Any], fields: dict[str, Any]) -> None:
    assert is_ours(staged(**body), post(**fields))


@pytest.mark.parametrize(("body", "fields"), NOT_OURS)
def test_a_post_that_differs_is_not(body: dict[str, Any], fields: dict[str, Any]) -> None:
    assert not is_ours(staged(**body), post(**fields))


def test_the_oldest_of_several_is_taken() -> None:
    found = matching(staged(), [post(id="100"), post(id="99"), post(id="9", text="Other")])
    assert found is not None
    assert found.id == "99"


def test_none_is_found_among_none() -> None:
    assert matching(staged(), []) is None


def test_what_was_staged_comes_back_with_its_zone() -> None:
    assert staged().staged_at == datetime(2026, 11, 23, 12, 0, 0, 500_000, tzinfo=UTC)
