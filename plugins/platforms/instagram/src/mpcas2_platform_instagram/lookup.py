"""Finds a post or a comment of ours, after an answer was lost.

A container tells whether it was published, which settles the question. It does not tell the post's
id, so that is looked up among the newest posts by kind, caption and time. Comments have no handle at
all: one that is in the list is there, one that is not may still come.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from mpcas2_hookspecs import (
    Absent,
    CannotTell,
    FindResult,
    Found,
    PublishContext,
    Published,
    Unavailable,
)
from mpcas2_platform_instagram.containers import GONE, ask_container
from mpcas2_platform_instagram.graph import Graph
from mpcas2_platform_instagram.wire import CommentNode, Listing, MediaNode, moment_of

__all__ = (
    "Product",
    "Staged",
    "StagedComment",
    "StagedPost",
    "find_comment",
    "find_post",
    "published",
)

Product = Literal["FEED", "REELS", "STORY"]
"""What Instagram calls the kinds of post."""

# Instagram tells whole seconds, and its clock may be behind ours.
_SKEW = timedelta(seconds=10)
_LAG_SECONDS = 15.0
_NEWEST = "50"
_COMMENT_PAGES = 5


class StagedPost(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="post"):
    """A post, ready to be published.

    Attributes:
        container: Instagram's id of what is published.
        product: What kind of post it becomes.
        caption: Its text; empty for a story.
        staged_at: When; the post cannot be older.
        warnings: What will not be as wished.
    """

    container: str
    product: Product
    caption: str
    staged_at: datetime
    warnings: list[str] = []


class StagedComment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag="comment"):
    """A first comment, ready to be written.

    Attributes:
        media: Instagram's id of the post.
        text: What it says.
        staged_at: When; the comment cannot be older.
    """

    media: str
    text: str
    staged_at: datetime


Staged = StagedPost | StagedComment
"""What ``stage`` chose, as :attr:`mpcas2_hookspecs.Staged.data` holds it."""


def published(
    media_id: str, permalink: str | None, product: str, warnings: Sequence[str]
) -> Published:
    """Says that a post is public; its kind is kept, because figures differ by it."""
    more = {"warnings": list(warnings)} if warnings else {}
    return Published(id=media_id, url=permalink, data={"product": product, **more})


async def find_post(staged: StagedPost, graph: Graph, ctx: PublishContext) -> FindResult:
    """Asks the container, then looks for the post's id.

    Raises:
        PlatformError: The question itself failed.
    """
    told = await ask_container(staged.container, graph, ctx)
    status = told.status_code
    if status == "FINISHED":
        return Absent(proof="the container still waits to be published")
    if status in {"EXPIRED", "ERROR"}:
        return Absent(proof=f"the container ended as {status} without being published")
    if status == GONE:
        return CannotTell(
            reason=f"Instagram no longer knows what was prepared. {_look(staged, ctx)}"
        )
    if status != "PUBLISHED":
        raise Unavailable("Instagram is still working on the post.", code=status)
    edge = "stories" if staged.product == "STORY" else "media"
    newest = await graph.get(
        ctx.http,
        f"{ctx.account.platform_account_id}/{edge}",
        {"fields": "id,caption,timestamp,permalink,media_product_type", "limit": _NEWEST},
        Listing[MediaNode],
        now=ctx.now(),
    )
    ours = matching(staged, newest.data)
    if len(ours) == 1:
        post = published(ours[0].id, ours[0].permalink, staged.product, staged.warnings)
        return Found(post=post)
    if ours:
        return CannotTell(
            reason="Instagram has published the post, and several that look the same are there. "
            f"{_look(staged, ctx)}"
        )
    return CannotTell(
        reason=f"Instagram has published the post and does not list it yet. {_look(staged, ctx)}",
        ask_again_after=_LAG_SECONDS,
    )


async def find_comment(staged: StagedComment, graph: Graph, ctx: PublishContext) -> FindResult:
    """Looks for a comment among the newest below its post.

    Raises:
        PlatformError: The question itself failed.
    """
    params = {"fields": "id,text,timestamp,username,from", "limit": _NEWEST}
    for _ in range(_COMMENT_PAGES):
        page = await graph.get(
            ctx.http, f"{staged.media}/comments", params, Listing[CommentNode], now=ctx.now()
        )
        for one in page.data:
            author = one.username or one.author.username
            same = _words(one.text) == _words(staged.text)
            if same and author in {"", ctx.account.username} and _since(staged, one.timestamp):
                return Found(post=Published(id=one.id))
        if not page.cursor:
            break
        params["after"] = page.cursor
    return CannotTell(
        reason="Instagram does not show the comment, which may be lag. Look below the post whether it "
        "is there.",
        ask_again_after=_LAG_SECONDS,
    )


def matching(staged: StagedPost, posts: Iterable[MediaNode]) -> list[MediaNode]:
    """Gives the posts that can be the staged one; stories have no text to compare."""
    return [
        post
        for post in posts
        if post.media_product_type in {"", staged.product}
        and (staged.product == "STORY" or _words(post.caption) == _words(staged.caption))
        and _since(staged, post.timestamp)
    ]


def _since(staged: Staged, timestamp: str) -> bool:
    moment = moment_of(timestamp)
    return moment is not None and moment >= staged.staged_at - _SKEW


def _words(text: str) -> str:
    # Instagram trims a caption; how blanks were typed tells nothing.
    return " ".join(unicodedata.normalize("NFC", text).split())


def _look(staged: StagedPost, ctx: PublishContext) -> str:
    said = f' that begins with "{staged.caption[:60]}"' if staged.caption else ""
    return (
        f"Look at the profile of {ctx.account.username} for a post after "
        f"{staged.staged_at:%Y-%m-%d %H:%M} UTC{said}."
    )
