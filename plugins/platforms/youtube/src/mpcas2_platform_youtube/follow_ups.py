"""What is left to do once a video is processed: its thumbnail and its playlist.

Each is done once, although ``poll`` may run again after a kill, and a refusal of either is a warning:
the video is there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from mpcas2_hookspecs import Media, PublishContext, Rejected
from mpcas2_platform_youtube.data_api import WRITE_UNITS, listed, send
from mpcas2_platform_youtube.upload_state import Wishes
from mpcas2_platform_youtube.wire import Page, PlaylistItem, VideoStatus

__all__ = ("fulfil",)

_OPENNESS = {"private": 0, "unlisted": 1, "public": 2}


async def fulfil(
    video_id: str, wishes: Wishes, status: VideoStatus, api_url: str, ctx: PublishContext
) -> list[str]:
    """Does what is left, and tells what YouTube refused.

    Returns:
        A warning for each wish that YouTube did not grant.

    Raises:
        PlatformError: Any of the tree but ``Rejected`` and ``OutcomeUnknown``; the next ``poll`` goes
            on from here.
    """
    warnings: list[str] = []
    thumbnail, playlist_id = wishes.thumbnail, wishes.playlist_id
    if thumbnail is not None:
        refusal = await _once(
            "thumbnail", video_id, ctx, lambda: _set_thumbnail(video_id, thumbnail, api_url, ctx)
        )
        if refusal is not None:
            warnings.append(f"The thumbnail was not set. {refusal}")
    if playlist_id is not None:
        refusal = await _once(
            "playlist", video_id, ctx, lambda: _put_into(playlist_id, video_id, api_url, ctx)
        )
        if refusal is not None:
            warnings.append(f"The video was not put into the playlist. {refusal}")
    seen = _OPENNESS.get(status.privacy_status or "")
    if seen is not None and seen < _OPENNESS[wishes.privacy]:
        warnings.append(
            f"YouTube made the video {status.privacy_status} and not {wishes.privacy}; change it in "
            "YouTube Studio."
        )
    return warnings


async def _once(
    name: str, video_id: str, ctx: PublishContext, act: Callable[[], Awaitable[None]]
) -> str | None:
    """Does something unless the journal says that it was done; gives the words of a refusal."""
    done = ctx.journal.get(name)
    if done is not None and done["videoId"] == video_id:
        told: str | None = done["refusal"]
        return told
    refusal: str | None = None
    try:
        await act()
    except Rejected as error:
        refusal = error.message
    await ctx.record(name, {"videoId": video_id, "refusal": refusal})
    return refusal


async def _set_thumbnail(video_id: str, picture: Media, api_url: str, ctx: PublishContext) -> None:
    """Sets the thumbnail; a second time changes nothing."""
    await ctx.spend("units", WRITE_UNITS)
    request = ctx.http.build_request(
        "POST",
        f"{api_url}/upload/youtube/v3/thumbnails/set",
        params={"videoId": video_id, "uploadType": "media"},
        content=ctx.open_media(picture),
        headers={"content-type": picture.mime_type, "content-length": str(picture.size)},
    )
    await send(ctx.http, request, now=ctx.now())


async def _put_into(playlist_id: str, video_id: str, api_url: str, ctx: PublishContext) -> None:
    """Puts the video into a playlist unless it is there: an earlier answer may have been lost."""
    params = {"part": "snippet", "playlistId": playlist_id, "videoId": video_id}
    there = await listed(ctx, api_url, "playlistItems", params, Page[PlaylistItem])
    if there.items:
        return
    await ctx.spend("units", WRITE_UNITS)
    entry = {
        "snippet": {
            "playlistId": playlist_id,
            "resourceId": {"kind": "youtube#video", "videoId": video_id},
        }
    }
    request = ctx.http.build_request(
        "POST",
        f"{api_url}/youtube/v3/playlistItems",
        params={"part": "snippet"},
        content=msgspec.json.encode(entry),
        headers={"content-type": "application/json; charset=UTF-8"},
    )
    await send(ctx.http, request, now=ctx.now())
