"""Reads how posts and accounts do.

Source: https://developers.facebook.com/docs/instagram-platform/reference/instagram-media/insights. A
single metric that Instagram does not have for a post makes it refuse all of them, so then each is asked
for alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpcas2_hookspecs import AccountContext, AccountMetrics, PostMetrics, Published, Rejected
from mpcas2_platform_instagram.faults import MISSING
from mpcas2_platform_instagram.graph import Graph
from mpcas2_platform_instagram.wire import Insight, Listing, Profile

__all__ = ("account_figures", "post_figures")

_FEED = ("views", "reach", "likes", "comments", "shares", "saved", "total_interactions")
_METRICS: Mapping[str, tuple[str, ...]] = {
    "FEED": _FEED,
    "REELS": (
        *_FEED,
        "ig_reels_avg_watch_time",
        "ig_reels_video_view_total_time",
        "reels_skip_rate",
    ),
    # From memory, but for the names: stories have neither likes nor comments.
    "STORY": (
        "views",
        "reach",
        "shares",
        "total_interactions",
        "replies",
        "follows",
        "profile_visits",
        "navigation",
    ),
}
_ACCOUNT = {
    "metric": "views,reach,total_interactions",
    "period": "day",
    "metric_type": "total_value",
}
_BAD_PARAMETER = "100"


async def post_figures(
    posts: Sequence[Published], graph: Graph, ctx: AccountContext
) -> dict[str, PostMetrics]:
    """Reads the figures of posts, one request for each; a post that is gone is missing.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    found: dict[str, PostMetrics] = {}
    for post in posts:
        names = _METRICS.get(str(post.data.get("product")), _FEED)
        try:
            told = await _insights(post.id, names, graph, ctx)
        except Rejected as error:
            if error.code != MISSING:
                raise
            continue
        found[post.id] = _metrics(told)
    return found


async def account_figures(graph: Graph, ctx: AccountContext) -> AccountMetrics:
    """Reads followers and posts, and the views of the last day where the account permits it.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    fields = "user_id,username,followers_count,follows_count,media_count"
    who = await graph.get(ctx.http, "me", {"fields": fields}, Profile, now=ctx.now())
    try:
        told = await graph.get(
            ctx.http, f"{who.user_id}/insights", _ACCOUNT, Listing[Insight], now=ctx.now()
        )
    except Rejected:
        # A permission of its own: what is known without it is told all the same.
        day = {}
    else:
        day = {f"{one.name}_day": one.figure for one in told.data if one.figure is not None}
    return AccountMetrics(
        followers=who.followers_count,
        following=who.follows_count,
        posts=who.media_count,
        more=day,
    )


async def _insights(
    media_id: str, names: Sequence[str], graph: Graph, ctx: AccountContext
) -> dict[str, float]:
    try:
        page = await graph.get(
            ctx.http,
            f"{media_id}/insights",
            {"metric": ",".join(names)},
            Listing[Insight],
            now=ctx.now(),
        )
    except Rejected as error:
        if error.code != _BAD_PARAMETER:
            raise
        if len(names) == 1:
            return {}
        alone = [await _insights(media_id, (name,), graph, ctx) for name in names]
        return {name: figure for told in alone for name, figure in told.items()}
    return {one.name: one.figure for one in page.data if one.figure is not None}


def _metrics(told: dict[str, float]) -> PostMetrics:
    def count(name: str) -> int | None:
        figure = told.pop(name, None)
        return None if figure is None else int(figure)

    return PostMetrics(
        views=count("views"),
        likes=count("likes"),
        comments=count("comments"),
        shares=count("shares"),
        saves=count("saved"),
        more=told,
    )
