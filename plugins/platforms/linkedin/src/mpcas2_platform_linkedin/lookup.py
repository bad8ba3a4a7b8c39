"""Finds out whether an earlier attempt made a post, as far as LinkedIn tells.

LinkedIn has no key that makes a repeat harmless. Two things help. An account whose posts may be read (a
page, with ``r_organization_social``) is asked for its newest posts. And LinkedIn refuses the same
content for a while, naming the post that is there: after an attempt whose outcome nobody knew, that
post is taken for ours. The latter is only done with a mark of ``find`` in the journal, because without
one the refusal means that somebody posted the same before.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import msgspec

from mpcas2_hookspecs import PlatformError, PublishContext, Rejected
from mpcas2_platform_linkedin.accounts import may_list_comments, may_read
from mpcas2_platform_linkedin.bodies import StagedComment, StagedPost, fingerprint
from mpcas2_platform_linkedin.comments import comments_path
from mpcas2_platform_linkedin.faults import has_status
from mpcas2_platform_linkedin.little_text import plain
from mpcas2_platform_linkedin.rest import Rest, encoded
from mpcas2_platform_linkedin.wire import CommentAnswer, CommentsAnswer, PostAnswer, PostsAnswer

__all__ = (
    "LAG_SECONDS",
    "comment_of",
    "is_ours",
    "mark_unsure",
    "may_ask",
    "post_of",
    "post_of_refusal",
)

LAG_SECONDS = 30.0
"""After how many seconds a list that lagged behind may show a post."""

_CLOCK_SKEW = timedelta(seconds=10)
_PAGE = 50
_MOST_PAGES = 6
_MARK = "unsure"


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    """That an attempt with a body had an unknown outcome.

    Attributes:
        body: Fingerprint of the body.
        since: When the first such attempt was staged.
    """

    body: str
    since: datetime


async def post_of(staged: StagedPost, ctx: PublishContext, rest: Rest) -> str | None:
    """Looks for the staged post among the account's newest; None when it is not listed.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    author = encoded(staged.body["author"])
    for page in range(_MOST_PAGES):
        path = f"posts?q=author&author={author}&start={page * _PAGE}&count={_PAGE}&sortBy=CREATED"
        told = await rest.get(ctx.http, path, PostsAnswer, ctx.now())
        # The oldest that fits: a repeat by hand came later.
        ours = [post for post in told.elements if is_ours(staged, post, staged.staged_at)]
        if ours:
            return min(ours, key=lambda post: post.created_at).id
        if len(told.elements) < _PAGE or _is_past(told.elements, staged.staged_at):
            break
    return None


async def comment_of(
    staged: StagedComment, ctx: PublishContext, rest: Rest
) -> CommentAnswer | None:
    """Looks for the staged comment below its post; None when it is not listed.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    actor, said = staged.body["actor"], _words(staged.body["message"]["text"])
    for page in range(_MOST_PAGES):
        path = comments_path(staged.post, page * _PAGE, _PAGE)
        told = await rest.get(ctx.http, path, CommentsAnswer, ctx.now())
        for one in told.elements:
            young = _moment(one.created.time) >= staged.staged_at - _CLOCK_SKEW
            if young and one.actor == actor and _words(one.message.text) == said:
                return one
        if len(told.elements) < _PAGE:
            break
    return None


async def mark_unsure(staged: StagedPost, ctx: PublishContext) -> None:
    """Notes that an attempt with this body may have gone through."""
    body = fingerprint(staged.body)
    noted = _mark(ctx)
    if noted is None or noted.body != body:
        mark = _Mark(body=body, since=staged.staged_at)
        await ctx.record(_MARK, msgspec.to_builtins(mark))


async def post_of_refusal(
    refusal: Rejected, staged: StagedPost, ctx: PublishContext, rest: Rest
) -> tuple[str, bool]:
    """Decides whether the post that a refusal as duplicate names is ours.

    Args:
        refusal: What LinkedIn said.
        staged: What was sent.
        ctx: Client, clock and journal.
        rest: Builds requests.

    Returns:
        The post's URN, and whether LinkedIn confirmed it.

    Raises:
        Rejected: It is somebody else's doing, or a post that was deleted.
    """
    urn = refusal.answer.get("post")
    if not isinstance(urn, str):
        raise refusal
    mark = _mark(ctx)
    unsure = mark is not None and mark.body == fingerprint(staged.body)
    if may_read(ctx.account):
        since = mark.since if mark is not None and unsure else staged.staged_at
        try:
            post = await rest.get(ctx.http, f"posts/{encoded(urn)}", PostAnswer, ctx.now())
        except Rejected as error:
            if has_status(error, HTTPStatus.NOT_FOUND):
                raise Rejected(
                    "LinkedIn refuses the post because the same content was posted a while ago, "
                    "although that post is gone. Change the text a little and publish again.",
                    code="duplicate-of-deleted",
                    answer=refusal.answer,
                ) from error
        except PlatformError:
            # What LinkedIn does not tell now is decided by the mark alone.
            pass
        else:
            if is_ours(staged, post, since):
                return urn, True
            raise refusal
    if unsure:
        return urn, False
    raise refusal


def is_ours(staged: StagedPost, post: PostAnswer, since: datetime) -> bool:
    """Tells whether a post is the staged one, and not older than a moment."""
    return (
        post.author == staged.body["author"]
        and _moment(post.created_at) >= since - _CLOCK_SKEW
        and _words(plain(post.commentary)) == _words(plain(staged.body["commentary"]))
        and _attached(post.content) == _attached(staged.body.get("content", {}))
    )


def may_ask(staged: StagedPost | StagedComment, ctx: PublishContext) -> bool:
    """Tells whether LinkedIn lets the account look for what was staged."""
    if isinstance(staged, StagedComment):
        return may_list_comments(ctx.account)
    return may_read(ctx.account)


def _attached(content: dict[str, Any]) -> list[str]:
    """Gives what identifies the content of a post, as far as it is sure to come back."""
    media = content.get("media") or {}
    images = (content.get("multiImage") or {}).get("images") or ()
    article = content.get("article") or {}
    poll = content.get("poll") or {}
    named = [media.get("id"), article.get("source"), poll.get("question")]
    return [str(one) for one in (*named, *(image.get("id") for image in images)) if one]


def _mark(ctx: PublishContext) -> _Mark | None:
    noted = ctx.journal.get(_MARK)
    return None if noted is None else msgspec.convert(noted, _Mark)


def _is_past(posts: Sequence[PostAnswer], since: datetime) -> bool:
    return all(_moment(post.created_at) < since - _CLOCK_SKEW for post in posts)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def _words(text: str) -> str:
    # LinkedIn may trim a text and join blanks; how they were typed tells nothing.
    return " ".join(unicodedata.normalize("NFC", text).split())
