"""Reads how posts and accounts do.

Source: https://docs.x.com/x-api/fundamentals/metrics. Non-public figures are given for own posts of the
last 30 days only; asked for an older post, X leaves the whole post out, so those are asked again for
their public figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mpcas2_hookspecs import AccountContext, AccountMetrics, PostMetrics, Published, Rejected
from mpcas2_platform_twitter.api import send
from mpcas2_platform_twitter.wire import Post, TimelineAnswer, UserAnswer

__all__ = ("collect", "collect_account")

_AT_ONCE = 100
_PRIVATE_FOR = timedelta(days=30)
_PUBLIC = "public_metrics"
_PRIVATE = "non_public_metrics,public_metrics"
# Ids of X hold the moment of their making: milliseconds since this one, above 22 other bits.
_SNOWFLAKE_EPOCH = 1_288_834_974_657
_SNOWFLAKE_SHIFT = 22


async def collect(
    posts: Sequence[Published], ctx: AccountContext, api_url: str
) -> dict[str, PostMetrics]:
    """Reads the figures of posts, a hundred at a time.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    wanted = list(dict.fromkeys(post.id for post in posts))
    oldest = ctx.now() - _PRIVATE_FOR
    young = [post_id for post_id in wanted if _made_at(post_id) > oldest]
    found: dict[str, Post] = {}
    for start in range(0, len(young), _AT_ONCE):
        try:
            found |= await _ask(young[start : start + _AT_ONCE], _PRIVATE, ctx, api_url)
        except Rejected:
            # Some apps may not read them: the public figures are asked for below.
            break
    rest = [post_id for post_id in wanted if post_id not in found]
    for start in range(0, len(rest), _AT_ONCE):
        found |= await _ask(rest[start : start + _AT_ONCE], _PUBLIC, ctx, api_url)
    return {post_id: _metrics(found[post_id]) for post_id in wanted if post_id in found}


async def collect_account(ctx: AccountContext, api_url: str) -> AccountMetrics:
    """Reads the account's figures.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    request = ctx.http.build_request(
        "GET", f"{api_url}/2/users/me", params={"user.fields": _PUBLIC}
    )
    told = _figures((await send(ctx.http, request, UserAnswer, now=ctx.now())).data.public_metrics)
    posts = told.pop("post_count", told.pop("tweet_count", None))
    return AccountMetrics(
        followers=told.pop("followers_count", None),
        following=told.pop("following_count", None),
        posts=posts,
        more=dict(told),
    )


async def _ask(
    post_ids: Sequence[str], fields: str, ctx: AccountContext, api_url: str
) -> dict[str, Post]:
    request = ctx.http.build_request(
        "GET", f"{api_url}/2/tweets", params={"ids": ",".join(post_ids), "post.fields": fields}
    )
    answer = await send(ctx.http, request, TimelineAnswer, now=ctx.now())
    # Posts that are gone stand among the errors.
    return {post.id: post for post in answer.data}


def _made_at(post_id: str) -> datetime:
    milliseconds = (int(post_id) >> _SNOWFLAKE_SHIFT) + _SNOWFLAKE_EPOCH
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def _metrics(post: Post) -> PostMetrics:
    told = {**_figures(post.public_metrics), **_figures(post.non_public_metrics)}
    reposts = told.pop("repost_count", told.pop("retweet_count", None))
    quotes = told.pop("quote_count", None)
    shared = [figure for figure in (reposts, quotes) if figure is not None]
    return PostMetrics(
        views=told.pop("impression_count", None),
        likes=told.pop("like_count", None),
        comments=told.pop("reply_count", None),
        shares=sum(shared) if shared else None,
        saves=told.pop("bookmark_count", None),
        clicks=told.pop("url_link_clicks", None),
        more=dict(told),
    )


def _figures(told: Mapping[str, Any]) -> dict[str, int]:
    return {name: figure for name, figure in told.items() if isinstance(figure, int)}
