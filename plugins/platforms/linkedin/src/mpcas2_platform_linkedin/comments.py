"""Reads what people wrote below a post."""

from __future__ import annotations

from datetime import UTC, datetime

from mpcas2_hookspecs import AccountContext, Comment, CommentPage, Published
from mpcas2_platform_linkedin.rest import Rest, encoded
from mpcas2_platform_linkedin.wire import CommentAnswer, CommentsAnswer

__all__ = ("comments_path", "list_comments", "urn_of")

_AT_ONCE = 50


def comments_path(post: str, start: int, count: int) -> str:
    """Gives the path of one page of the comments below a post."""
    return f"socialActions/{encoded(post)}/comments?start={start}&count={count}"


def urn_of(comment: CommentAnswer) -> str:
    """Gives the URN of a comment, which is made of the thread's and the comment's id."""
    return comment.comment_urn or f"urn:li:comment:({comment.object},{comment.id})"


async def list_comments(
    post: Published, ctx: AccountContext, rest: Rest, cursor: str
) -> CommentPage:
    """Reads one page of the comments, in LinkedIn's order.

    Args:
        post: The post.
        ctx: Client and clock.
        rest: Builds requests.
        cursor: Of the page before; empty for the first.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    start = int(cursor) if cursor.isdecimal() else 0
    told = await rest.get(
        ctx.http, comments_path(post.id, start, _AT_ONCE), CommentsAnswer, ctx.now()
    )
    end = start + len(told.elements)
    more = len(told.elements) == _AT_ONCE if told.paging.total is None else end < told.paging.total
    return CommentPage(
        comments=tuple(_comment(one, post) for one in told.elements),
        cursor=str(end) if more and told.elements else "",
    )


def _comment(told: CommentAnswer, post: Published) -> Comment:
    return Comment(
        id=urn_of(told),
        # LinkedIn tells the URN of whoever wrote it and no name.
        author=told.actor,
        text=told.message.text,
        created_at=datetime.fromtimestamp(told.created.time / 1_000, UTC),
        url=post.url,
        parent_id=told.parent_comment or None,
    )
