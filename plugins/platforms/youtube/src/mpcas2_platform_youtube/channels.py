"""The channels of a Google account, their playlists, and what was uploaded to them lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from mpcas2_hookspecs import (
    AccountContext,
    AccountMetrics,
    AccountProfile,
    CannotTell,
    ConnectContext,
    Connection,
    Grant,
    Rejected,
    Target,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_youtube.data_api import ask, listed, pages
from mpcas2_platform_youtube.upload_state import StagedUpload
from mpcas2_platform_youtube.wire import Channel, Page, Playlist, PlaylistItem

__all__ = ("connections", "figures", "playlists", "uploaded_since")

_CLOCKS_DIFFER = timedelta(minutes=1)
_NO_CHANNEL = (
    "This Google account has no YouTube channel. Create one at "
    "https://www.youtube.com/create_channel, then connect the account again."
)


async def connections(api_url: str, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
    """Gives a connection for each channel that the grant reaches.

    Raises:
        Rejected: There is none, or Google refuses to tell.
        Unavailable: Google cannot be reached now.
        RateLimited: Google asks to come back later.
    """
    params = {"part": "snippet,contentDetails", "mine": "true", "maxResults": "50"}
    try:
        page = await ask(ctx.http, api_url, "channels", params, Page[Channel], now=ctx.now())
    except Unauthorized as error:
        raise Rejected(error.message, code=error.code, answer=error.answer) from error
    if not page.items:
        raise Rejected(_NO_CHANNEL, code="no-channel")
    return [Connection(profile=_profile(channel), grant=grant) for channel in page.items]


async def figures(api_url: str, ctx: AccountContext) -> AccountMetrics:
    """Reads the channel's figures. A channel may hide how many subscribed to it.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    params = {"part": "statistics", "id": ctx.account.platform_account_id}
    page = await listed(ctx, api_url, "channels", params, Page[Channel])
    if not page.items:
        raise Unavailable("YouTube does not list the channel.", code="no-channel")
    told = page.items[0].statistics
    return AccountMetrics(
        followers=None if told.hidden_subscriber_count else told.subscriber_count,
        posts=told.video_count,
        views=told.view_count,
    )


async def playlists(api_url: str, web_url: str, ctx: AccountContext) -> Sequence[Target]:
    """Lists the channel's playlists.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    params = {"part": "snippet", "mine": "true"}
    return [
        Target(
            id=playlist.id,
            title=playlist.snippet.title or playlist.id,
            option="playlistId",
            url=f"{web_url}/playlist?list={playlist.id}",
        )
        async for playlist in pages(ctx, api_url, "playlists", params, Page[Playlist])
    ]


async def uploaded_since(
    api_url: str, upload: StagedUpload, ctx: AccountContext
) -> str | CannotTell:
    """Looks among the channel's uploads for one that can only be ours.

    A video carries no mark of ours, so title, description and time have to do; the list may also lag
    behind, so that nothing in it proves nothing.

    Returns:
        The video's id, or why nobody can tell.

    Raises:
        PlatformError: The question failed.
    """
    advice = (
        f"YouTube no longer knows the upload; look in YouTube Studio for a video “{upload.title}” that "
        f"was uploaded after {upload.opened_at:%Y-%m-%d %H:%M} UTC."
    )
    uploads = ctx.account.data.get("uploads")
    if not uploads:
        return CannotTell(reason=advice)
    earliest = upload.opened_at - _CLOCKS_DIFFER
    ours: list[str] = []
    params = {"part": "snippet", "playlistId": str(uploads)}
    # The newest first.
    async for item in pages(ctx, api_url, "playlistItems", params, Page[PlaylistItem]):
        entry = item.snippet
        if entry.published_at is None or entry.published_at < earliest:
            break
        same = _plain(entry.title) == _plain(upload.title)
        same = same and _plain(entry.description) == _plain(upload.description)
        if same and entry.resource_id.video_id:
            ours.append(entry.resource_id.video_id)
    return ours[0] if len(ours) == 1 else CannotTell(reason=advice)


def _profile(channel: Channel) -> AccountProfile:
    snippet, uploads = channel.snippet, channel.content_details.related_playlists.uploads
    return AccountProfile(
        platform_account_id=channel.id,
        # YouTube writes the sign into the handle; whoever shows it puts it before every name.
        username=(snippet.custom_url or snippet.title or channel.id).removeprefix("@"),
        display_name=snippet.title or None,
        avatar_url=next((size.url for size in snippet.thumbnails.values() if size.url), None),
        data={} if uploads is None else {"uploads": uploads},
    )


def _plain(text: str) -> str:
    return " ".join(text.split())
