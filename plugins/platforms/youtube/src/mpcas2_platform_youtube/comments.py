"""Comments below videos: the first one of our own, and what people wrote.

Source: ``commentThreads`` and ``comments`` in the discovery document. YouTube has no key that makes a
repeat harmless, and a list of comments may lag behind: it proves that a comment is there and never that
it is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    AccountContext,
    CannotTell,
    Comment,
    CommentPage,
    FindResult,
    Found,
    OutcomeUnknown,
    Part,
    PublishContext,
    Published,
    Rejected,
    unreadable,
)
from mpcas2_platform_youtube.data_api import WRITE_UNITS, listed, pages, send
from mpcas2_platform_youtube.wire import CommentResource, CommentThread, Page

__all__ = ("ON_VIDEO", "StagedComment", "delete", "find", "page_of", "publish", "staged")

ON_VIDEO = "onVideo"
"""Member of the data of what was staged or published as a comment: the video's id."""

_CLOCKS_DIFFER = timedelta(minutes=1)
_LAG_SECONDS = 30.0
_GONE = frozenset({"commentNotFound"})


class StagedComment(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``publish`` and ``find`` need.

    Attributes:
        on_video: The video that it stands below.
        text: What it says.
        staged_at: When it was staged; the comment cannot be older.
    """

    on_video: str
    text: str
    staged_at: datetime


def staged(part: Part, now: datetime) -> StagedComment:
    """Fixes a first comment.

    Raises:
        Rejected: There is no video below which it could stand, or it says nothing.
    """
    if part.root is None:
        raise Rejected("A comment needs a published video.", code="no-video")
    if not part.text.strip():
        raise Rejected("The comment is empty; write something.", code="commentTextRequired")
    return StagedComment(on_video=part.root.id, text=part.text, staged_at=now)


async def publish(
    comment: StagedComment, ctx: PublishContext, api_url: str, web_url: str
) -> Published:
    """Writes the comment, with one request.

    Raises:
        OutcomeUnknown: The request may have been carried out.
        PlatformError: Any other of the tree: nothing happened.
    """
    await ctx.spend("units", WRITE_UNITS)
    thread = {
        "snippet": {
            "videoId": comment.on_video,
            "topLevelComment": {"snippet": {"textOriginal": comment.text}},
        }
    }
    request = ctx.http.build_request(
        "POST",
        f"{api_url}/youtube/v3/commentThreads",
        params={"part": "snippet"},
        content=msgspec.json.encode(thread),
        headers={"content-type": "application/json; charset=UTF-8"},
    )
    response = await send(ctx.http, request, now=ctx.now(), irreversible=True)
    try:
        made = msgspec.json.decode(response.content, type=CommentThread, strict=False)
    except msgspec.MsgspecError as error:
        raise unreadable(response, "YouTube", irreversible=True) from error
    if not made.id:
        raise OutcomeUnknown("YouTube took the comment and did not tell its id.", code="no-id")
    return _published(made.id, comment.on_video, web_url)


async def find(
    comment: StagedComment, ctx: PublishContext, api_url: str, web_url: str
) -> FindResult:
    """Looks among the video's comments for one of the own channel with the same words.

    Raises:
        PlatformError: The question failed.
    """
    earliest = comment.staged_at - _CLOCKS_DIFFER
    ours: CommentResource | None = None
    params = _list_params(comment.on_video)
    # The newest first.
    async for thread in pages(ctx, api_url, "commentThreads", params, Page[CommentThread]):
        top = thread.snippet.top_level_comment
        if top.snippet.published_at is None or top.snippet.published_at < earliest:
            break
        own = top.snippet.author_channel_id.value == ctx.account.platform_account_id
        said = top.snippet.text_original or top.snippet.text_display
        if own and top.id and _plain(said) == _plain(comment.text):
            ours = top
    if ours is not None:
        return Found(post=_published(ours.id, comment.on_video, web_url))
    return CannotTell(
        reason=f"YouTube does not list the comment, which may be lag. Look below {web_url}/watch?v="
        f"{comment.on_video} for a comment of the channel that begins with "
        f"“{comment.text[:60]}”.",
        ask_again_after=_LAG_SECONDS,
    )


async def delete(comment_id: str, ctx: AccountContext, api_url: str) -> None:
    """Deletes a comment; one that is gone already is no error.

    Raises:
        PlatformError: Any of the tree.
    """
    await ctx.spend("units", WRITE_UNITS)
    request = ctx.http.build_request(
        "DELETE", f"{api_url}/youtube/v3/comments", params={"id": comment_id}
    )
    try:
        await send(ctx.http, request, now=ctx.now(), irreversible=True)
    except Rejected as error:
        if error.code not in _GONE:
            raise


async def page_of(
    video_id: str, cursor: str, ctx: AccountContext, api_url: str, web_url: str
) -> CommentPage:
    """Reads one page of a video's comments, the newest first, each before the answers to it.

    Raises:
        Rejected: The video is gone, or takes no comments.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    params = {**_list_params(video_id), "maxResults": "100"}
    if cursor:
        params["pageToken"] = cursor
    page = await listed(ctx, api_url, "commentThreads", params, Page[CommentThread])
    found: list[Comment] = []
    for thread in page.items:
        top = thread.snippet.top_level_comment
        told = [(top, None)] + [(one, top.id) for one in thread.replies.comments]
        for comment, parent_id in told:
            read = _comment(comment, parent_id, video_id, web_url)
            if read is not None:
                found.append(read)
    return CommentPage(comments=tuple(found), cursor=page.next_page_token or "")


def _list_params(video_id: str) -> dict[str, str]:
    return {
        "part": "snippet,replies",
        "videoId": video_id,
        "order": "time",
        "textFormat": "plainText",
    }


def _comment(
    comment: CommentResource, parent_id: str | None, video_id: str, web_url: str
) -> Comment | None:
    told = comment.snippet
    if not comment.id or told.published_at is None:
        return None
    return Comment(
        id=comment.id,
        author=told.author_display_name.removeprefix("@"),
        text=told.text_original or told.text_display,
        created_at=told.published_at,
        url=_address(comment.id, video_id, web_url),
        parent_id=parent_id,
        likes=told.like_count,
    )


def _published(comment_id: str, video_id: str, web_url: str) -> Published:
    data: dict[str, Any] = {ON_VIDEO: video_id}
    return Published(id=comment_id, url=_address(comment_id, video_id, web_url), data=data)


def _address(comment_id: str, video_id: str, web_url: str) -> str:
    # From memory: YouTube shows this comment first.
    return f"{web_url}/watch?v={video_id}&lc={comment_id}"


def _plain(text: str) -> str:
    return " ".join(text.split())
