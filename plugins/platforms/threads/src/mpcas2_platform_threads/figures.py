"""What is read off posts and accounts: figures and comments.

Source: https://developers.facebook.com/docs/threads/insights and .../retrieve-and-manage-replies.
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
from mpcas2_platform_threads.api import Graph
from mpcas2_platform_threads.wire import Insights, Post, Posts

__all__ = ("account_figures", "comments_below", "is_gone", "post_figures")

_POST_METRICS = "views,likes,replies,reposts,quotes,shares"
_ACCOUNT_METRICS = "views,followers_count"
_REPLY_FIELDS = "id,text,timestamp,permalink,username,replied_to"
# Codes for a post that is not there: unsupported get request, or no such resource.
_GONE = frozenset({"100/33", "24", "100"})


def is_gone(error: Rejected) -> bool:
    """Tells whether a refusal means that the post is not there."""
    return error.code in _GONE


async def post_figures(
    posts: Sequence[Published], ctx: AccountContext, graph: Graph
) -> dict[str, PostMetrics]:
    """Reads the figures of posts, one request for each: Threads knows no other way.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    found: dict[str, PostMetrics] = {}
    for post in dict.fromkeys(post.id for post in posts):
        try:
            told = await graph.get(
                ctx.http,
                f"{post}/insights",
                {"metric": _POST_METRICS},
                Insights,
                now=ctx.now(),
            )
        except Rejected as error:
            if not is_gone(error):
                raise
            continue
        totals = told.totals()
        shared = [totals[name] for name in ("reposts", "quotes", "shares") if name in totals]
        found[post] = PostMetrics(
            views=totals.get("views"),
            likes=totals.get("likes"),
            comments=totals.get("replies"),
            shares=sum(shared) if shared else None,
        )
    return found


async def account_figures(ctx: AccountContext, graph: Graph) -> AccountMetrics:
    """Reads the account's figures; views are those of the last days that Threads tells.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    told = await graph.get(
        ctx.http, "me/threads_insights", {"metric": _ACCOUNT_METRICS}, Insights, now=ctx.now()
    )
    totals = told.totals()
    return AccountMetrics(followers=totals.get("followers_count"), views=totals.get("views"))


async def comments_below(
    post: Published, ctx: AccountContext, graph: Graph, cursor: str
) -> CommentPage:
    """Reads a page of the replies of all depths, the newest first.

    Raises:
        Rejected: The post is gone.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    params = {"fields": _REPLY_FIELDS, "reverse": "true"}
    if cursor:
        params["after"] = cursor
    page = await graph.get(ctx.http, f"{post.id}/conversation", params, Posts, now=ctx.now())
    return CommentPage(
        comments=tuple(one for reply in page.data if (one := _comment(reply, post)) is not None),
        cursor=page.paging.cursors.after if page.paging.next is not None else "",
    )


def _comment(reply: Post, post: Published) -> Comment | None:
    at = reply.at
    if at is None:
        return None
    above = reply.replied_to
    return Comment(
        id=reply.id,
        author=reply.username,
        text=reply.text,
        created_at=at,
        url=reply.permalink,
        parent_id=None if above is None or above.id == post.id else above.id,
    )
