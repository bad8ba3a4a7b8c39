"""Lists what people wrote below a post."""

from __future__ import annotations

from datetime import UTC

from mpcas2_hookspecs import AccountContext, Comment, CommentPage, Published
from mpcas2_platform_instagram.graph import Graph
from mpcas2_platform_instagram.wire import CommentNode, Listing, moment_of

__all__ = ("comment_page",)

_FIELDS = "id,text,username,from,timestamp,like_count,parent_id"
_PAGE = "50"


async def comment_page(
    post: Published, graph: Graph, ctx: AccountContext, cursor: str
) -> CommentPage:
    """Reads one page of comments, the newest first.

    Raises:
        Rejected: The post is gone.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    params = {"fields": _FIELDS, "limit": _PAGE}
    if cursor:
        params["after"] = cursor
    page = await graph.get(
        ctx.http, f"{post.id}/comments", params, Listing[CommentNode], now=ctx.now()
    )
    return CommentPage(comments=tuple(_comment(one, ctx) for one in page.data), cursor=page.cursor)


def _comment(one: CommentNode, ctx: AccountContext) -> Comment:
    return Comment(
        id=one.id,
        author=one.username or one.author.username,
        text=one.text,
        # Instagram tells it of every comment; one without counts as seen now.
        created_at=(moment_of(one.timestamp) or ctx.now()).astimezone(UTC),
        parent_id=one.parent_id,
        likes=one.like_count,
    )
