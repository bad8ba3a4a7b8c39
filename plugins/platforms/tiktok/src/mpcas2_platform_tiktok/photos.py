"""Posts photos, and looks for them among the account's posts after a lost answer.

Source: the Content Posting API for photos, and ``video/list``. TikTok fetches the files from addresses, so
there is nothing to upload: the one request that names them makes the post, and a lost answer leaves no
handle behind.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from mpcas2_hookspecs import (
    AccountContext,
    CannotTell,
    Found,
    PublishContext,
    Published,
    Unauthorized,
)
from mpcas2_platform_tiktok.api import CONTENT, TikTokApi
from mpcas2_platform_tiktok.faults import SCOPE_FAULTS
from mpcas2_platform_tiktok.post_info import photo_body
from mpcas2_platform_tiktok.records import StagedPhotos
from mpcas2_platform_tiktok.wire import Begun, Video, VideoPage

__all__ = ("find_photos", "send_photos")

LIST = "v2/video/list/"
_FIELDS = "id,title,video_description,create_time,share_url"
_PER_PAGE = 20
_MOST_PAGES = 10
_CLOCKS_DIFFER = timedelta(minutes=1)
_LIST_LAGS = 60.0


async def send_photos(api: TikTokApi, ctx: PublishContext, staged: StagedPhotos) -> str:
    """Sends the one request that makes the post.

    Returns:
        Its publish_id.

    Raises:
        PlatformError: Any of the tree but ``NotReady``.
    """
    body = photo_body(staged, [ctx.media_url(one) for one in staged.media])
    await ctx.spend("inits")
    await ctx.spend("posts" if staged.mode == "direct" else "drafts")
    begun = await api.post(
        ctx.http, CONTENT, Begun, now=ctx.now(), body=body, irreversible=True, quota="inits"
    )
    return begun.publish_id


async def find_photos(
    api: TikTokApi, ctx: AccountContext, staged: StagedPhotos
) -> Found | CannotTell:
    """Looks for a public post with the same words that is not older than this one.

    A post carries no mark of ours and the list lags behind, so that nothing in it proves nothing.

    Raises:
        PlatformError: The question failed.
    """
    since = f"{staged.prepared_at:%Y-%m-%d %H:%M} UTC"
    if staged.mode == "inbox":
        return CannotTell(
            reason=f"TikTok lists no drafts: look in the inbox of the TikTok app for photos that came "
            f"after {since}."
        )
    advice = f"Look at the account in the TikTok app for photos that were posted after {since}."
    words = [_plain(text) for text in (staged.title, staged.description) if text.strip()]
    if not words:
        return CannotTell(reason=f"{advice} Without a text nobody can tell them by it.")
    try:
        recent = await _since(api, ctx, staged)
    except Unauthorized as error:
        if error.code not in SCOPE_FAULTS:
            raise
        return CannotTell(reason=f"{advice} {error.message}")
    ours = [one for one in recent if all(text in _words_of(one) for text in words)]
    if len(ours) != 1:
        return CannotTell(reason=advice, ask_again_after=_LIST_LAGS)
    return Found(post=Published(id=ours[0].id, url=ours[0].share_url or None))


async def _since(api: TikTokApi, ctx: AccountContext, staged: StagedPhotos) -> list[Video]:
    """Lists the posts from the staging on; the newest come first."""
    earliest = (staged.prepared_at - _CLOCKS_DIFFER).timestamp()
    found: list[Video] = []
    body: dict[str, Any] = {"max_count": _PER_PAGE}
    for _ in range(_MOST_PAGES):
        page = await api.post(
            ctx.http, LIST, VideoPage, now=ctx.now(), body=body, params={"fields": _FIELDS}
        )
        young = [one for one in page.videos if (one.create_time or 0) >= earliest]
        found += young
        if len(young) < len(page.videos) or not page.has_more or page.cursor is None:
            break
        body["cursor"] = page.cursor
    return found


def _words_of(post: Video) -> str:
    return _plain(f"{post.title} {post.video_description}")


def _plain(text: str) -> str:
    return " ".join(text.split())
