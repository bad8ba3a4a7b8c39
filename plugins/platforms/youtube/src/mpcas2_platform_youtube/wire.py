"""The shapes of Google's answers, as far as the adapter reads them.

Source: the discovery document of the YouTube Data API v3, and RFC 6749, 5.1 and 5.2, for tokens.
Unknown fields are skipped. Enumerations stay text: a value that Google adds must not spoil an answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Generic, TypeVar

import msgspec

__all__ = (
    "Channel",
    "CommentResource",
    "CommentThread",
    "FaultBody",
    "Page",
    "Playlist",
    "PlaylistItem",
    "TokenAnswer",
    "TokenFault",
    "UploadedVideo",
    "Video",
)

T = TypeVar("T")


class FaultReason(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a fault; ``reason`` is what tells faults apart."""

    reason: str = ""
    message: str = ""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is inside the body of a refusal."""

    message: str = ""
    errors: tuple[FaultReason, ...] = ()


class FaultBody(msgspec.Struct, frozen=True, kw_only=True):
    """The body of an answer of the Data API that is not a success."""

    error: Fault = Fault()


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The token server's answer; a renewal has no refresh token."""

    access_token: str
    expires_in: float | None = None
    refresh_token: str | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        """Shows how long the token lasts and never a token."""
        return f"TokenAnswer(expires_in={self.expires_in!r}, tokens hidden)"


class TokenFault(msgspec.Struct, frozen=True, kw_only=True):
    """The token server's refusal."""

    error: str = ""
    error_description: str = ""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True, rename="camel"):
    """One page of a list."""

    items: tuple[T, ...] = ()
    next_page_token: str | None = None


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One size of a thumbnail."""

    url: str | None = None


class ChannelSnippet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What people see of a channel; ``custom_url`` is its handle."""

    title: str = ""
    custom_url: str | None = None
    thumbnails: dict[str, Picture] = {}


class RelatedPlaylists(msgspec.Struct, frozen=True, kw_only=True):
    """The playlists that YouTube itself keeps for a channel."""

    uploads: str | None = None


class ChannelContent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a channel holds."""

    related_playlists: RelatedPlaylists = RelatedPlaylists()


class ChannelStatistics(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The figures of a channel; Google sends them as text."""

    subscriber_count: int | None = None
    hidden_subscriber_count: bool = False
    video_count: int | None = None
    view_count: int | None = None


class Channel(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A channel of ``channels.list``."""

    id: str
    snippet: ChannelSnippet = ChannelSnippet()
    content_details: ChannelContent = ChannelContent()
    statistics: ChannelStatistics = ChannelStatistics()


class Titled(msgspec.Struct, frozen=True, kw_only=True):
    """The title of a playlist."""

    title: str = ""


class Playlist(msgspec.Struct, frozen=True, kw_only=True):
    """A playlist of ``playlists.list``."""

    id: str
    snippet: Titled = Titled()


class VideoReference(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which video an entry of a playlist is."""

    video_id: str | None = None


class EntrySnippet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What people see of an entry; ``published_at`` is when it came into the playlist."""

    title: str = ""
    description: str = ""
    published_at: datetime | None = None
    resource_id: VideoReference = VideoReference()


class PlaylistItem(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of ``playlistItems.list``."""

    snippet: EntrySnippet = EntrySnippet()


class VideoStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of an upload, and who sees it."""

    upload_status: str = ""
    failure_reason: str | None = None
    rejection_reason: str | None = None
    privacy_status: str | None = None
    publish_at: str | None = None


class ProcessingDetails(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far YouTube's own work on the file is; only the owner is told."""

    processing_status: str | None = None
    processing_failure_reason: str | None = None


class Statistics(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The figures of a video. Google sends them as text, and leaves out what the owner hides."""

    view_count: int | None = None
    like_count: int | None = None
    comment_count: int | None = None


class VideoSnippet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """When a video was uploaded."""

    published_at: datetime | None = None


class Video(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A video of ``videos.list``, with the parts that were asked for."""

    id: str
    snippet: VideoSnippet = VideoSnippet()
    status: VideoStatus = VideoStatus()
    processing_details: ProcessingDetails = ProcessingDetails()
    statistics: Statistics = Statistics()


class UploadedVideo(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to the last byte of an upload."""

    id: str


class CommentAuthor(msgspec.Struct, frozen=True, kw_only=True):
    """The channel that wrote a comment."""

    value: str = ""


class CommentSnippet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a comment says; ``text_original`` is shown to its author only."""

    text_display: str = ""
    text_original: str = ""
    author_display_name: str = ""
    author_channel_id: CommentAuthor = CommentAuthor()
    published_at: datetime | None = None
    like_count: int | None = None


class CommentResource(msgspec.Struct, frozen=True, kw_only=True):
    """A comment."""

    id: str = ""
    snippet: CommentSnippet = CommentSnippet()


class ThreadSnippet(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The comment that a thread begins with."""

    top_level_comment: CommentResource = CommentResource()


class ThreadReplies(msgspec.Struct, frozen=True, kw_only=True):
    """Some of the answers to it; YouTube gives a few of them only."""

    comments: tuple[CommentResource, ...] = ()


class CommentThread(msgspec.Struct, frozen=True, kw_only=True):
    """A comment below a video with answers to it, of ``commentThreads.list``."""

    id: str = ""
    snippet: ThreadSnippet = ThreadSnippet()
    replies: ThreadReplies = ThreadReplies()
