"""Finds out whether an earlier attempt made a post, as far as Facebook tells.

Films have a status, which proves both. Posts, comments and stories of pictures have only the lists in which
they stand, and nobody promises that a list is fresh: what is not in it may come yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from mpcas2_hookspecs import Absent, Accepted, CannotTell, FindResult, PublishContext, Rejected
from mpcas2_platform_facebook.api import Graph
from mpcas2_platform_facebook.faults import is_gone
from mpcas2_platform_facebook.film_status import failure_of, film_of, is_public, is_untouched
from mpcas2_platform_facebook.staged import FILMS, POST, Handle, StagedPart, same_words
from mpcas2_platform_facebook.wire import (
    CommentNode,
    Comments,
    Created,
    PostNode,
    Posts,
    Stories,
    moment,
)

__all__ = ("Listed", "accepted", "found", "listed")

_FIRST_LOOK = 1.0
_FIRST_LOOK_AT_FILM = 10.0
_ASK_AGAIN = 30.0
_CLOCK_SKEW = timedelta(seconds=10)
_NEWEST = "100"
_POST_FIELDS = "id,message,created_time,attachments{target,subattachments{target}}"
_COMMENT_FIELDS = "id,message,created_time,from"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What a list tells about a part.

    Attributes:
        post: Id of the post that is the part; empty when none is listed.
        of_others: Whether the list has the same words in a post that is too old to be the part.
    """

    post: str = ""
    of_others: bool = False


async def found(part: StagedPart, ctx: PublishContext, graph: Graph) -> FindResult:
    """Tells whether a part is public.

    Raises:
        PlatformError: The question itself failed.
    """
    if part.kind in FILMS:
        return await _film(part, ctx, graph)
    known = ctx.journal.get(POST)
    if isinstance(known, str) and await _is_there(known, ctx, graph):
        return accepted(part, known)
    told = await listed(part, ctx, graph)
    if told.post:
        return accepted(part, told.post)
    return CannotTell(
        reason="Facebook does not list it. Look at the Page, and at what is below the post for a "
        "comment, before you publish it again.",
        ask_again_after=_ASK_AGAIN,
    )


async def listed(part: StagedPart, ctx: PublishContext, graph: Graph) -> Listed:
    """Looks for a part in the list in which it would stand.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    page = ctx.account.platform_account_id
    if part.kind == "photo-story":
        params = {"fields": "post_id,media_id", "limit": _NEWEST}
        stories = await graph.get(ctx, f"{page}/stories", params, Stories)
        ours = [one.post_id for one in stories.data if one.media_id in part.photos]
        return Listed(post=ours[-1] if ours else "")
    if part.kind == "comment":
        params = {
            "fields": _COMMENT_FIELDS,
            "filter": "stream",
            "order": "reverse_chronological",
            "limit": _NEWEST,
        }
        comments = await graph.get(ctx, part.path, params, Comments)
        return _oldest(part, (one for one in comments.data if _may_be_by(page, one)))
    params = {"fields": _POST_FIELDS, "limit": _NEWEST}
    posts = await graph.get(ctx, f"{page}/published_posts", params, Posts)
    return _oldest(part, (one for one in posts.data if _may_show(part, one)))


def accepted(part: StagedPart, post: str = "") -> Accepted:
    """Gives what ``poll`` needs to find out where the part can be seen.

    Args:
        part: What was published.
        post: Its id; empty while only its film is known.
    """
    handle = Handle(kind=part.kind, post=post, film=part.film, warnings=part.warnings)
    return Accepted(
        handle=handle.stored(),
        check_after=_FIRST_LOOK_AT_FILM if part.film else _FIRST_LOOK,
        key=part.film or post,
    )


async def _is_there(post: str, ctx: PublishContext, graph: Graph) -> bool:
    try:
        await graph.get(ctx, post, {"fields": "id"}, Created)
    except Rejected as error:
        if not is_gone(error):
            raise
        return False
    return True


async def _film(part: StagedPart, ctx: PublishContext, graph: Graph) -> FindResult:
    try:
        film = await film_of(part.film, ctx, graph)
    except Rejected as error:
        if not is_gone(error):
            raise
        return CannotTell(
            reason="Facebook does not know the video any more. Look at the Page, also among its reels "
            "and stories, before you publish it again."
        )
    if is_public(film) or failure_of(film) is not None:
        # Of a failure ``poll`` tells the reason.
        return accepted(part)
    if is_untouched(film):
        return Absent(proof="neither processing nor publishing of its film has started")
    return CannotTell(
        reason="Facebook is still processing the video. Look at the Page in a while.",
        ask_again_after=_ASK_AGAIN,
    )


def _oldest(part: StagedPart, nodes: Iterable[PostNode | CommentNode]) -> Listed:
    """Finds the oldest that is the part: a repeat by hand came later."""
    same = [node for node in nodes if same_words(node.message, part.text)]
    first = part.since - _CLOCK_SKEW
    ours = [node for node in same if _at(node) >= first]
    return Listed(
        post=min(ours, key=_at).id if ours else "",
        of_others=bool(part.text) and len(ours) < len(same),
    )


def _may_show(part: StagedPart, post: PostNode) -> bool:
    """Tells whether a post may be the part by what it shows; words tell more where there are any."""
    shown = post.attachments.targets()
    if part.photos and (shown or not part.text):
        return bool(shown & set(part.photos))
    return True


def _may_be_by(page: str, comment: CommentNode) -> bool:
    return comment.author is None or comment.author.id == page


def _at(node: PostNode | CommentNode) -> datetime:
    return moment(node.created_time) or datetime.min.replace(tzinfo=UTC)
