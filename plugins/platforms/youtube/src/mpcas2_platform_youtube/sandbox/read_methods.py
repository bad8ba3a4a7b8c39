"""The methods that list channels, videos, playlists and their items."""

from starlette.responses import Response

from mpcas2_platform_youtube.sandbox.api_call import ApiCall, Method, api_json, parts_of
from mpcas2_platform_youtube.sandbox.channels import Channel
from mpcas2_platform_youtube.sandbox.errors import (
    forbidden,
    invalid_parameter,
    no_filter,
    not_found,
)
from mpcas2_platform_youtube.sandbox.playlists import Playlist
from mpcas2_platform_youtube.sandbox.resource_fields import PLAYLIST, PLAYLIST_ITEM, VIDEO
from mpcas2_platform_youtube.sandbox.scopes import TO_READ
from mpcas2_platform_youtube.sandbox.videos import Video
from mpcas2_sandbox.growth import figure

_CHANNEL_PARTS = frozenset(
    {
        "auditDetails",
        "brandingSettings",
        "contentDetails",
        "contentOwnerDetails",
        "id",
        "localizations",
        "snippet",
        "statistics",
        "status",
        "topicDetails",
    }
)
_OWNERS_PARTS = frozenset({"fileDetails", "processingDetails", "suggestions"})
_MOST_SUBSCRIBERS = 9_000
_PAGING = frozenset({"part", "maxResults", "pageToken", "onBehalfOfContentOwner"})


def _show_channel(call: ApiCall, channel: Channel) -> dict[str, object]:
    videos = call.state.videos_of(channel)
    return channel.resource(
        call.parts,
        videos=len(videos),
        views=sum(one.figures(call.now).views for one in videos),
        followers=figure(
            f"{channel.id}:subscribers", call.state.started_at, call.now, _MOST_SUBSCRIBERS
        ),
        picture_url=f"{call.host}/ch/{channel.id}.svg",
    )


def _list_channels(call: ApiCall) -> Response:
    book = call.state.people.channels
    handle = call.text("forHandle")
    if call.flag("mine"):
        found = list(call.person.channels)
    elif call.text("id"):
        found = [book[one] for one in call.ids("id") if one in book]
    elif handle:
        found = [one for one in book.values() if one.handle == handle.removeprefix("@")]
    else:
        raise no_filter("forHandle", "id", "mine")
    if not found:
        # The real API leaves the member items out here, and only here.
        page = {"totalResults": 0, "resultsPerPage": 5}
        return api_json({"kind": "youtube#channelListResponse", "etag": "none", "pageInfo": page})
    return call.page("channel", found, lambda one: _show_channel(call, one))


def _list_videos(call: ApiCall) -> Response:
    if not call.text("id"):
        raise no_filter("id")
    found: list[Video] = []
    for video_id in call.ids("id"):
        video = call.state.videos.get(video_id)
        if video is None:
            continue
        if call.person.owns(video.channel):
            found.append(video)
        elif call.parts & _OWNERS_PARTS:
            raise forbidden("The request cannot access a part that only the owner may see.")
        elif video.watchable(call.now):
            found.append(video)
    page = {"totalResults": len(found), "resultsPerPage": len(found)}
    items = [video.resource(call.parts, call.now, call.host) for video in found]
    return api_json(
        {"kind": "youtube#videoListResponse", "etag": "videos", "items": items, "pageInfo": page}
    )


def readable_playlist(call: ApiCall, playlist_id: str) -> Playlist | None:
    """Returns a playlist, also one that a channel's uploads make, or None if there is none.

    Raises:
        ApiError: It is another's private one.
    """
    for channel in call.state.people.channels.values():
        if channel.uploads_id == playlist_id:
            return call.state.playlists.uploads_of(channel)
    playlist = call.state.playlists.find(playlist_id)
    if playlist is None:
        return None
    if playlist.privacy == "private" and not call.person.owns(playlist.channel):
        raise forbidden("The request is not authorized to see this playlist.")
    return playlist


def _list_playlists(call: ApiCall) -> Response:
    every = call.state.playlists.all()
    mine = [one for one in every if call.person.owns(one.channel)]
    channel_id = call.text("channelId")
    if call.flag("mine"):
        found = mine
    elif channel_id:
        shown = [one for one in every if one in mine or one.privacy == "public"]
        found = [one for one in shown if one.channel.id == channel_id]
    elif call.text("id"):
        ids = call.ids("id")
        found = [
            one for one in every if one.id in ids and (one in mine or one.privacy != "private")
        ]
    else:
        raise no_filter("channelId", "id", "mine")
    return call.page("playlist", found, lambda one: one.resource(call.parts, call.host))


def _list_playlist_items(call: ApiCall) -> Response:
    playlist_id = call.text("playlistId")
    if call.text("id"):
        raise invalid_parameter("id", "this practice network lists items by playlistId only")
    if not playlist_id:
        raise no_filter("id", "playlistId")
    playlist = readable_playlist(call, playlist_id)
    if playlist is None:
        raise not_found("playlist", "playlistId")
    own = call.person.owns(playlist.channel)
    wanted = call.text("videoId")
    found = [
        (item, call.state.videos[item.video_id])
        for item in playlist.items
        if wanted in {None, item.video_id}
        and (own or call.state.videos[item.video_id].listed(call.now))
    ]
    return call.page(
        "playlistItem",
        found,
        lambda one: playlist.item_resource(*one, call.parts, call.now, call.host),
    )


READ_METHODS = (
    Method(
        name="channels.list",
        verb="GET",
        path="/youtube/v3/channels",
        scopes=TO_READ,
        units=1,
        parameters=_PAGING | {"mine", "id", "forHandle", "hl"},
        required=("part",),
        parts=_CHANNEL_PARTS,
        run=_list_channels,
    ),
    Method(
        name="videos.list",
        verb="GET",
        path="/youtube/v3/videos",
        scopes=TO_READ,
        units=1,
        parameters=_PAGING | {"id", "hl", "maxHeight", "maxWidth"},
        required=("part",),
        parts=parts_of(VIDEO),
        run=_list_videos,
    ),
    Method(
        name="playlists.list",
        verb="GET",
        path="/youtube/v3/playlists",
        scopes=TO_READ,
        units=1,
        parameters=_PAGING | {"mine", "id", "channelId", "hl", "onBehalfOfContentOwnerChannel"},
        required=("part",),
        parts=parts_of(PLAYLIST),
        run=_list_playlists,
    ),
    Method(
        name="playlistItems.list",
        verb="GET",
        path="/youtube/v3/playlistItems",
        scopes=TO_READ,
        units=1,
        parameters=_PAGING | {"id", "playlistId", "videoId"},
        required=("part",),
        parts=parts_of(PLAYLIST_ITEM),
        run=_list_playlist_items,
    ),
)
