"""Reads how posts and the account do.

Source: ``video/query`` and ``user/info``; totals since the post went out.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpcas2_hookspecs import (
    AccountContext,
    AccountMetrics,
    PostMetrics,
    Published,
    Rejected,
    Unauthorized,
)
from mpcas2_platform_tiktok.api import TikTokApi
from mpcas2_platform_tiktok.creators import USER
from mpcas2_platform_tiktok.faults import SCOPE_FAULTS
from mpcas2_platform_tiktok.wire import ProfileData, VideoPage

__all__ = ("account_figures", "post_figures")

QUERY = "v2/video/query/"
_IDS_PER_QUESTION = 20
_POST_FIELDS = "id,view_count,like_count,comment_count,share_count"
_ACCOUNT_FIELDS = "open_id,follower_count,following_count,likes_count,video_count"


async def post_figures(
    api: TikTokApi, ctx: AccountContext, posts: Sequence[Published]
) -> dict[str, PostMetrics]:
    """Reads the figures of posts, twenty a request. Drafts and hidden posts have no id to ask by.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    ids = [post.id for post in posts if post.id.isdecimal()]
    figures: dict[str, PostMetrics] = {}
    for first in range(0, len(ids), _IDS_PER_QUESTION):
        body = {"filters": {"video_ids": ids[first : first + _IDS_PER_QUESTION]}}
        try:
            page = await api.post(
                ctx.http,
                QUERY,
                VideoPage,
                now=ctx.now(),
                body=body,
                params={"fields": _POST_FIELDS},
            )
        except Unauthorized as error:
            raise _without_scope(error, "video.list") from error
        for video in page.videos:
            figures[video.id] = PostMetrics(
                views=video.view_count,
                likes=video.like_count,
                comments=video.comment_count,
                shares=video.share_count,
            )
    return figures


async def account_figures(api: TikTokApi, ctx: AccountContext) -> AccountMetrics:
    """Reads the account's figures.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    params = {"fields": _ACCOUNT_FIELDS}
    try:
        told = await api.get(ctx.http, USER, ProfileData, now=ctx.now(), params=params)
    except Unauthorized as error:
        raise _without_scope(error, "user.info.stats") from error
    user = told.user
    return AccountMetrics(
        followers=user.follower_count,
        following=user.following_count,
        posts=user.video_count,
        more={} if user.likes_count is None else {"likes_count": user.likes_count},
    )


def _without_scope(error: Unauthorized, scope: str) -> Unauthorized | Rejected:
    """Keeps an account that may post: figures alone are no reason to connect it again."""
    if error.code not in SCOPE_FAULTS:
        return error
    return Rejected(
        f"The account was connected without {scope}, so TikTok tells no figures; connect it again and "
        "leave that ticked.",
        code=error.code,
        answer=error.answer,
    )
