"""The one request that makes a post or a comment, and the question whether it did."""

from __future__ import annotations

import re

from mpcas2_hookspecs import (
    CannotTell,
    FindResult,
    Found,
    PublishContext,
    Published,
    PublishResult,
    Rejected,
    unreadable,
)
from mpcas2_platform_linkedin.bodies import StagedComment, StagedPost
from mpcas2_platform_linkedin.comments import urn_of
from mpcas2_platform_linkedin.faults import DUPLICATE
from mpcas2_platform_linkedin.lookup import (
    LAG_SECONDS,
    comment_of,
    mark_unsure,
    may_ask,
    post_of,
    post_of_refusal,
)
from mpcas2_platform_linkedin.rest import NETWORK, Rest, encoded, read, send
from mpcas2_platform_linkedin.watching import outcome
from mpcas2_platform_linkedin.wire import CommentAnswer

__all__ = ("find_comment", "find_post", "send_comment", "send_post")

_URN = re.compile(r"urn:li:(?:share|ugcPost):\d+")
_LONGEST_QUOTE = 60


async def send_post(
    staged: StagedPost, ctx: PublishContext, rest: Rest, web_url: str
) -> PublishResult:
    """Makes a post.

    Raises:
        OutcomeUnknown: The request may have been carried out.
        PlatformError: Any other of the tree: nothing happened.
    """
    request = rest.request(ctx.http, "POST", "posts", staged.body)
    try:
        response = await send(ctx.http, request, now=ctx.now(), irreversible=True)
    except Rejected as refusal:
        if refusal.code != DUPLICATE:
            raise
        return await _adopted(refusal, staged, ctx, rest, web_url)
    urn = response.headers.get("x-restli-id", "")
    if not _URN.fullmatch(urn):
        raise unreadable(response, NETWORK, irreversible=True)
    return outcome(_post(urn, staged, web_url), staged.media, ctx.account)


async def find_post(
    staged: StagedPost, ctx: PublishContext, rest: Rest, web_url: str
) -> FindResult:
    """Looks for a post in the account's list, where LinkedIn shows it.

    Raises:
        PlatformError: The question itself failed.
    """
    readable = may_ask(staged, ctx)
    urn = await post_of(staged, ctx, rest) if readable else None
    if urn is not None:
        result = outcome(_post(urn, staged, web_url), staged.media, ctx.account)
        return Found(post=result) if isinstance(result, Published) else result
    await mark_unsure(staged, ctx)
    said = str(staged.body["commentary"])[:_LONGEST_QUOTE]
    why = (
        "LinkedIn's list of posts does not show the post, which may be lag."
        if readable
        else "LinkedIn does not let this account read its own posts."
    )
    return CannotTell(
        reason=f"{why} Look at {ctx.account.username}'s posts on LinkedIn for one after "
        f'{staged.staged_at:%Y-%m-%d %H:%M} UTC that begins with "{said}". Within a day or so, '
        "publishing again is safe: LinkedIn refuses the same content and names the post.",
        ask_again_after=LAG_SECONDS if readable else None,
    )


async def send_comment(staged: StagedComment, ctx: PublishContext, rest: Rest) -> Published:
    """Makes a comment.

    Raises:
        OutcomeUnknown: The request may have been carried out.
        PlatformError: Any other of the tree: nothing happened.
    """
    path = f"socialActions/{encoded(staged.post)}/comments"
    request = rest.request(ctx.http, "POST", path, staged.body)
    response = await send(ctx.http, request, now=ctx.now(), irreversible=True)
    return _comment(read(response, CommentAnswer, irreversible=True), staged)


async def find_comment(staged: StagedComment, ctx: PublishContext, rest: Rest) -> FindResult:
    """Looks for a comment below its post, where LinkedIn shows it.

    Raises:
        PlatformError: The question itself failed.
    """
    readable = may_ask(staged, ctx)
    found = await comment_of(staged, ctx, rest) if readable else None
    if found is not None:
        return Found(post=_comment(found, staged))
    said = staged.body["message"]["text"][:_LONGEST_QUOTE]
    why = "LinkedIn's list of comments does not show it" if readable else "LinkedIn does not tell"
    return CannotTell(
        reason=f"{why}. Look below {staged.post_url or staged.post} for a comment of "
        f'{ctx.account.username} that begins with "{said}".',
        ask_again_after=LAG_SECONDS if readable else None,
    )


async def _adopted(
    refusal: Rejected, staged: StagedPost, ctx: PublishContext, rest: Rest, web_url: str
) -> PublishResult:
    """Takes the post that a refusal names, if it is ours.

    Raises:
        Rejected: It is not; the message names it.
    """
    try:
        urn, confirmed = await post_of_refusal(refusal, staged, ctx, rest)
    except Rejected as error:
        there = error.answer.get("post")
        if error.code != DUPLICATE or there is None:
            raise
        raise Rejected(
            f"{error.message} The post that is there: {_address(str(there), web_url)}",
            code=DUPLICATE,
            answer=error.answer,
        ) from error
    post = _post(urn, staged, web_url)
    if confirmed:
        return outcome(post, staged.media, ctx.account)
    warning = (
        "LinkedIn did not take the post a second time and named this one as the same, which is "
        "taken for the first attempt. LinkedIn does not let this account look: see for yourself."
    )
    warnings = [*post.data.get("warnings", ()), warning]
    return Published(id=post.id, url=post.url, data={**post.data, "warnings": warnings})


def _post(urn: str, staged: StagedPost, web_url: str) -> Published:
    data = {"warnings": list(staged.warnings)} if staged.warnings else {}
    return Published(id=urn, url=_address(urn, web_url), data=data)


def _address(urn: str, web_url: str) -> str:
    return f"{web_url}/feed/update/{urn}/"


def _comment(told: CommentAnswer, staged: StagedComment) -> Published:
    return Published(id=urn_of(told), url=staged.post_url, data={"post": staged.post})
