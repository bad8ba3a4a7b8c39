"""Does everything of a post or a comment that may be repeated."""

from __future__ import annotations

from mpcas2_hookspecs import (
    Part,
    PublishContext,
    QuotaReading,
    RateLimited,
    Rejected,
    Unavailable,
)
from mpcas2_platform_instagram.containers import brought, settle
from mpcas2_platform_instagram.faults import POSTS, QUOTA_PAUSE
from mpcas2_platform_instagram.graph import Graph
from mpcas2_platform_instagram.lookup import Product, StagedComment, StagedPost
from mpcas2_platform_instagram.orders import child_orders, parent_order
from mpcas2_platform_instagram.rules import Kind, kind_of, part_problems, text_problems
from mpcas2_platform_instagram.wire import Listing, QuotaAnswer

__all__ = ("stage_comment", "stage_post")

_PRODUCTS: dict[Kind, Product] = {
    "picture": "FEED",
    "carousel": "FEED",
    "reel": "REELS",
    "story": "STORY",
}
_NO_CAPTION = "Instagram shows no text on stories, so the text of this post is not there."


async def stage_post(part: Part, graph: Graph, ctx: PublishContext) -> StagedPost:
    """Makes the containers of a post and looks once whether Instagram is through with them.

    Raises:
        NotReady: Instagram is still preparing them.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    for problem in part_problems(part):
        raise Rejected(problem.message, code="invalid-post")
    # What ran out, after a day of waiting, is made anew at once.
    container = await _prepared(part, graph, ctx) or await _prepared(part, graph, ctx)
    if container is None:
        raise Unavailable("What was prepared ran out at once; it is prepared anew.", code="EXPIRED")
    await _spend(graph, ctx)
    kind = kind_of(part)
    return StagedPost(
        container=container,
        product=_PRODUCTS[kind],
        caption="" if kind == "story" else part.text,
        staged_at=ctx.now(),
        warnings=[_NO_CAPTION] if kind == "story" and part.text.strip() else [],
    )


def stage_comment(part: Part, ctx: PublishContext) -> StagedComment:
    """Fixes a first comment; nothing of it can be prepared with Instagram.

    Raises:
        Rejected: Instagram would refuse it.
    """
    for problem in text_problems(part):
        raise Rejected(problem.message, code="invalid-post")
    if part.root is None:
        raise Rejected("A first comment needs the post that it is about.", code="invalid-post")
    return StagedComment(media=part.root.id, text=part.text, staged_at=ctx.now())


async def _prepared(part: Part, graph: Graph, ctx: PublishContext) -> str | None:
    """Gives the container that can be published; None when one had run out and was forgotten."""
    orders = child_orders(part)
    children = [await brought(order, graph, ctx) for order in orders]
    alive = [await settle(order, graph, ctx) for order in orders]
    if not all(alive):
        return None
    parent = parent_order(part, children)
    container = await brought(parent, graph, ctx)
    return container if await settle(parent, graph, ctx) else None


async def _spend(graph: Graph, ctx: PublishContext) -> None:
    """Asks how much may still be published, and counts this post."""
    told = await graph.get(
        ctx.http,
        f"{ctx.account.platform_account_id}/content_publishing_limit",
        {"fields": "config,quota_usage"},
        Listing[QuotaAnswer],
        now=ctx.now(),
    )
    for quota in told.data:
        total = quota.config.quota_total
        left = max(0, total - quota.quota_usage)
        ctx.observe(QuotaReading(name=POSTS, remaining=left, limit=total))
        if left == 0:
            raise RateLimited(
                f"The account has published {total} posts in 24 hours, as much as Instagram allows.",
                code="quota",
                retry_after=QUOTA_PAUSE,
                quota=POSTS,
            )
    await ctx.spend(POSTS)
