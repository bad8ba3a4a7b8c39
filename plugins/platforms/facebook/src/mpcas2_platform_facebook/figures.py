"""What is read off posts and Pages: figures and comments.

Source: https://developers.facebook.com/docs/graph-api/reference/insights. The metrics whose names spoke of
impressions are gone since November 2025; these are their successors.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpcas2_hookspecs import (
    AccountContext,
    AccountMetrics,
    Comment,
    CommentPage,
    PostMetrics,
    Published,
    Rejected,
)
from mpcas2_platform_facebook.api import Graph
from mpcas2_platform_facebook.faults import is_gone
from mpcas2_platform_facebook.wire import (
    CommentNode,
    Comments,
    Insights,
    PageNode,
    PostNode,
    moment,
)

__all__ = ("account_figures", "comments_below", "post_figures")

_VIEWS = "post_media_view"
_VIEWERS = "post_total_media_view_unique"
_CLICKS = "post_clicks"
_REACTIONS = "post_reactions_by_type_total"
_METRICS = f"{_VIEWS},{_VIEWERS},{_CLICKS},{_REACTIONS}"
_POST_FIELDS = "shares,comments.limit(0).summary(true),reactions.limit(0).summary(true)"
_OWN_COMMENT_FIELDS = "like_count,comment_count"
_COMMENT_FIELDS = "id,message,created_time,from,permalink_url,parent,like_count"
_COMMENTS_AT_ONCE = "50"
_STORIES = frozenset({"photo-story", "video-story"})


async def post_figures(
    posts: Sequence[Published], ctx: AccountContext, graph: Graph
) -> dict[str, PostMetrics]:
    """Reads the figures of posts, two requests for each; one that is gone is left out.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    found: dict[str, PostMetrics] = {}
    for post in {post.id: post for post in posts}.values():
        try:
            found[post.id] = await _figures(post, ctx, graph)
        except Rejected as error:
            if not is_gone(error):
                raise
    return found


async def account_figures(ctx: AccountContext, graph: Graph) -> AccountMetrics:
    """Reads how many people follow the Page.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    params = {"fields": "followers_count,fan_count"}
    page = await graph.get(ctx, ctx.account.platform_account_id, params, PageNode)
    more = {} if page.fan_count is None else {"fan_count": float(page.fan_count)}
    return AccountMetrics(followers=page.followers_count, more=more)


async def comments_below(
    post: Published, ctx: AccountContext, graph: Graph, cursor: str
) -> CommentPage:
    """Reads a page of the comments of all depths, the newest first.

    Raises:
        Rejected: The post is gone.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    params = {
        "fields": _COMMENT_FIELDS,
        "filter": "stream",
        "order": "reverse_chronological",
        "limit": _COMMENTS_AT_ONCE,
    }
    if cursor:
        params["after"] = cursor
    page = await graph.get(ctx, f"{post.id}/comments", params, Comments)
    return CommentPage(
        comments=tuple(one for node in page.data if (one := _comment(node)) is not None),
        cursor=page.paging.following,
    )


async def _figures(post: Published, ctx: AccountContext, graph: Graph) -> PostMetrics:
    kind = post.data.get("kind")
    if kind == "comment":
        own = await graph.get(ctx, post.id, {"fields": _OWN_COMMENT_FIELDS}, CommentNode)
        return PostMetrics(likes=own.like_count, comments=own.comment_count)
    if kind in _STORIES:
        # Which figures a story has is not known: it is asked only whether it is there.
        await graph.get(ctx, post.id, {"fields": "id"}, PostNode)
        return PostMetrics()
    node = await graph.get(ctx, post.id, {"fields": _POST_FIELDS}, PostNode)
    told = await graph.get(ctx, f"{post.id}/insights", {"metric": _METRICS}, Insights)
    totals = told.totals()
    viewers = totals.get(_VIEWERS)
    reactions = node.reactions.summary.total_count
    return PostMetrics(
        views=totals.get(_VIEWS),
        likes=totals.get(_REACTIONS) if reactions is None else reactions,
        comments=node.comments.summary.total_count,
        shares=node.shares.count,
        clicks=totals.get(_CLICKS),
        more={} if viewers is None else {_VIEWERS: float(viewers)},
    )


def _comment(node: CommentNode) -> Comment | None:
    at = moment(node.created_time)
    if at is None:
        return None
    return Comment(
        id=node.id,
        author="" if node.author is None else node.author.name,
        text=node.message,
        created_at=at,
        url=node.permalink_url,
        parent_id=None if node.parent is None else node.parent.id,
        likes=node.like_count,
    )
