"""Playlists and their items; a channel's uploads are a playlist too."""

import dataclasses
import secrets
from datetime import datetime
from typing import Any

from mpcas2_platform_youtube.sandbox.api_times import api_time
from mpcas2_platform_youtube.sandbox.channels import Channel
from mpcas2_platform_youtube.sandbox.videos import Video


@dataclasses.dataclass(kw_only=True)
class PlaylistItem:
    """A place in a playlist.

    Attributes:
        id: Its identifier; a video that is inserted twice has two.
        playlist_id: The playlist.
        video_id: What stands there; the video may be gone.
        at: When it was inserted.
    """

    id: str
    playlist_id: str
    video_id: str
    at: datetime


@dataclasses.dataclass(kw_only=True)
class Playlist:
    """A list of videos.

    Attributes:
        id: Its identifier.
        channel: Who keeps it.
        title: Its name.
        description: What it holds.
        privacy: ``public``, ``unlisted`` or ``private``.
        created_at: When it was made.
        uploads: Whether the network itself keeps it.
        items: Its places in order.
    """

    id: str
    channel: Channel
    title: str
    description: str
    privacy: str
    created_at: datetime
    uploads: bool = False
    items: list[PlaylistItem] = dataclasses.field(default_factory=list)

    def insert(self, video: Video, position: int | None, now: datetime) -> PlaylistItem:
        """Puts a video at a place, the end if None, and returns its item; repeats make two.

        Raises:
            IndexError: The position lies beyond the end.
        """
        place = len(self.items) if position is None else position
        if not 0 <= place <= len(self.items):
            raise IndexError(place)
        item = PlaylistItem(
            id="UEx" + secrets.token_urlsafe(24), playlist_id=self.id, video_id=video.id, at=now
        )
        self.items.insert(place, item)
        return item

    def remove_video(self, video_id: str) -> None:
        """Takes a deleted video's places out of the list."""
        self.items = [item for item in self.items if item.video_id != video_id]

    def resource(self, parts: frozenset[str], host: str) -> dict[str, Any]:
        """Returns the playlist as the API shows it."""
        every: dict[str, Any] = {
            "snippet": {
                "publishedAt": api_time(self.created_at),
                "channelId": self.channel.id,
                "title": self.title,
                "description": self.description,
                "thumbnails": {},
                "channelTitle": self.channel.title,
                "localized": {"title": self.title, "description": self.description},
            },
            "status": {"privacyStatus": self.privacy},
            "contentDetails": {"itemCount": len(self.items)},
            "player": {"embedHtml": f'<iframe src="{host}/playlist?list={self.id}"></iframe>'},
            "localizations": {},
        }
        shown = {part: every[part] for part in every if part in parts}
        etag = f"{self.id[-16:]}{len(self.items):011d}"
        return {"kind": "youtube#playlist", "etag": etag, "id": self.id, **shown}

    def item_resource(
        self, item: PlaylistItem, video: Video, parts: frozenset[str], now: datetime, host: str
    ) -> dict[str, Any]:
        """Returns one of its items as the API shows it."""
        every: dict[str, Any] = {
            "snippet": {
                "publishedAt": api_time(item.at),
                "channelId": self.channel.id,
                "title": video.title,
                "description": video.description,
                "thumbnails": video.thumbnails(host),
                "channelTitle": self.channel.title,
                "playlistId": self.id,
                "position": self.items.index(item),
                "resourceId": {"kind": "youtube#video", "videoId": video.id},
                "videoOwnerChannelTitle": video.channel.title,
                "videoOwnerChannelId": video.channel.id,
            },
            "contentDetails": {
                "videoId": video.id,
                "videoPublishedAt": api_time(video.published_at()),
            },
            "status": {"privacyStatus": video.privacy(now)},
        }
        shown = {part: every[part] for part in every if part in parts}
        return {"kind": "youtube#playlistItem", "etag": item.id[-27:], "id": item.id, **shown}


class PlaylistBook:
    """All playlists by identifier."""

    def __init__(self) -> None:
        self._by_id: dict[str, Playlist] = {}

    def find(self, playlist_id: str) -> Playlist | None:
        """Returns a playlist, or None."""
        return self._by_id.get(playlist_id)

    def all(self) -> list[Playlist]:
        """Returns those that people made, in the order of their making."""
        return [one for one in self._by_id.values() if not one.uploads]

    def create(
        self, channel: Channel, *, title: str, description: str, privacy: str, now: datetime
    ) -> Playlist:
        """Makes an empty playlist."""
        return self._add(
            Playlist(
                id="PL" + secrets.token_urlsafe(24),
                channel=channel,
                title=title,
                description=description,
                privacy=privacy,
                created_at=now,
            )
        )

    def uploads_of(self, channel: Channel) -> Playlist:
        """Returns the list of a channel's uploads, the newest first."""
        found = self._by_id.get(channel.uploads_id)
        if found is None:
            found = self._add(
                Playlist(
                    id=channel.uploads_id,
                    channel=channel,
                    title=f"Uploads from {channel.title}",
                    description="",
                    privacy="public",
                    created_at=channel.created_at,
                    uploads=True,
                )
            )
        return found

    def holding(self, video_id: str) -> list[Playlist]:
        """Returns the playlists that people made and that hold the video."""
        return [one for one in self.all() if any(item.video_id == video_id for item in one.items)]

    def forget_video(self, video_id: str) -> None:
        """Takes a deleted video out of every list."""
        for playlist in self._by_id.values():
            playlist.remove_video(video_id)

    def _add(self, playlist: Playlist) -> Playlist:
        self._by_id[playlist.id] = playlist
        return playlist
