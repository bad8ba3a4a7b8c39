"""What a staged post and an accepted one are known by, and how a public one is told among others.

Source: https://developers.facebook.com/docs/threads/retrieve-and-discover-posts. A container says that
it was published and not as what, so the post's id is looked up in the account's list.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from mpcas2_hookspecs import PublishContext
from mpcas2_platform_threads.api import Graph
from mpcas2_platform_threads.wire import Post, Posts

__all__ = ("POST_FIELDS", "Handle", "StagedPost", "newest_like")

POST_FIELDS = "id,text,timestamp,permalink"
"""What is asked of a post of ours."""

_NEWEST = "50"
_CLOCK_SKEW = timedelta(seconds=10)


class StagedPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``stage`` made, as :attr:`~mpcas2_hookspecs.Staged.data` holds it.

    Attributes:
        container: Threads' id of the container.
        made_at: When it was made; the post cannot be older.
        text: What the post says.
        is_reply: Whether it answers another post: replies have a list of their own.
    """

    container: str
    made_at: datetime
    text: str
    is_reply: bool


class Handle(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``poll`` asks with: the post's id, or what tells it among others when it is not known."""

    post_id: str | None = None
    staged: StagedPost | None = None


async def newest_like(staged: StagedPost, ctx: PublishContext, graph: Graph) -> Post | None:
    """Looks for a public post among the account's newest; of several it gives the oldest.

    Raises:
        PlatformError: The question itself failed.
    """
    since = (staged.made_at - _CLOCK_SKEW).astimezone(UTC)
    page = await graph.get(
        ctx.http,
        "me/replies" if staged.is_reply else "me/threads",
        {"fields": POST_FIELDS, "since": str(int(since.timestamp())), "limit": _NEWEST},
        Posts,
        now=ctx.now(),
    )
    ours = [
        post
        for post in page.data
        if post.text.split() == staged.text.split() and (post.at is None or post.at >= since)
    ]
    return ours[-1] if ours else None
