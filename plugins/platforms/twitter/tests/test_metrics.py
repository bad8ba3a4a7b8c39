from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from mpcas2_hookspecs import AccountMetrics, PostMetrics, Published
from mpcas2_testing import CannedServer

EPOCH = 1_288_834_974_657
NOW = 1_795_435_200_000  # the worker's now, in milliseconds


def made(days_ago: int, number: int = 0) -> str:
    """Makes an id as X would have, so many days ago."""
    return str((NOW - days_ago * 86_400_000 - EPOCH) << 22 | number)


def ask(worker: Any, *post_ids: str) -> dict[str, PostMetrics]:
    posts = [Published(id=post_id) for post_id in post_ids]
    found: dict[str, PostMetrics] = worker.run(lambda platform, ctx: platform.metrics(posts, ctx))
    return found


def fields(canned: CannedServer) -> list[str]:
    return [parse_qs(request.query)["post.fields"][0] for request in canned.received]


def test_both_spellings_are_read(canned: CannedServer, worker: Any) -> None:
    new, old = made(1), made(2)
    figures = {"impression_count": 10, "like_count": 4, "reply_count": 3, "quote_count": 1}
    canned.answer(
        "tweets",
        {
            "data": [
                {
                    "id": new,
                    "public_metrics": figures | {"repost_count": 2, "bookmark_count": 5},
                    "non_public_metrics": {"url_link_clicks": 6, "user_profile_clicks": 7},
                },
                {"id": old, "public_metrics": figures | {"retweet_count": 9}},
            ]
        },
    )
    found = ask(worker, new, old)
    assert found[new] == PostMetrics(
        views=10, likes=4, comments=3, shares=3, saves=5, clicks=6, more={"user_profile_clicks": 7}
    )
    assert found[old] == PostMetrics(views=10, likes=4, comments=3, shares=10)
    assert fields(canned) == ["non_public_metrics,public_metrics"]


def test_an_old_post_is_asked_for_its_public_figures_only(
    canned: CannedServer, worker: Any
) -> None:
    old = made(31)
    canned.answer("tweets", {"data": [{"id": old, "public_metrics": {"like_count": 1}}]})
    assert ask(worker, old) == {old: PostMetrics(likes=1)}
    assert fields(canned) == ["public_metrics"]


def test_a_post_that_is_gone_is_missing(canned: CannedServer, worker: Any) -> None:
    canned.answer("tweets", {"errors": [{"title": "Not Found Error"}]})
    assert ask(worker, made(1)) == {}
    assert fields(canned) == ["non_public_metrics,public_metrics", "public_metrics"]


def test_a_hundred_are_asked_for_at_once(canned: CannedServer, worker: Any) -> None:
    canned.answer("tweets", {"data": []})
    ask(worker, *(made(40, number) for number in range(101)))
    asked = [parse_qs(request.query)["ids"][0].split(",") for request in canned.received]
    assert [len(ids) for ids in asked] == [100, 1]


def test_no_posts_are_no_request(canned: CannedServer, worker: Any) -> None:
    assert ask(worker) == {}
    assert canned.received == []


def test_the_account_has_figures_in_either_spelling(canned: CannedServer, worker: Any) -> None:
    user = {"id": "42", "username": "ada"}
    figures = {"followers_count": 5, "following_count": 0, "listed_count": 1, "like_count": None}
    for posts in ("post_count", "tweet_count"):
        canned.answer("me", {"data": user | {"public_metrics": figures | {posts: 7}}})
        found = worker.run(lambda platform, ctx: platform.account_metrics(ctx))
        assert found == AccountMetrics(followers=5, following=0, posts=7, more={"listed_count": 1})
