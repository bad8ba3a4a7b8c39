"""The shapes of content: what a person gives, what is stored, what publishing needs of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from mpcas2_core.content.kinds import MediaType

__all__ = (
    "ContentChange",
    "ContentFile",
    "ContentFilter",
    "ContentRow",
    "ContentStatus",
    "ContentType",
    "DeletedContent",
    "MediaFacts",
    "MediaFile",
    "NewContent",
    "SoundFacts",
    "VideoFacts",
)

ContentType = Literal["video", "image", "audio", "document", "text"]
ContentStatus = Literal["draft", "processing", "ready", "published", "archived"]


class VideoFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a video's pictures.

    Attributes:
        codec: FFmpeg's name of it, for example ``h264``.
        frame_rate: Frames a second on average, where known.
    """

    codec: str
    frame_rate: float | None = None


class SoundFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of the sound of a video or audio file.

    Attributes:
        codec: FFmpeg's name of it, for example ``aac``.
        sample_rate: Samples a second, where known.
        channels: How many there are, where known.
    """

    codec: str
    sample_rate: int | None = None
    channels: int | None = None


class MediaFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is inside a video or audio file; stored as the content's ``metadata``."""

    video: VideoFacts | None = None
    audio: SoundFacts | None = None


class ContentFile(msgspec.Struct, frozen=True, kw_only=True):
    """The file of a content, checked.

    Attributes:
        sha256: Its name in the tenant's part of the store.
        name: Name that its sender gave it, without any folder.
        size: Size in bytes.
        mime_type: Told by its bytes.
        width: Width in pixels as shown, for images and videos.
        height: Height in pixels as shown, likewise.
        duration: Length in seconds, for videos and audio.
        media: What is inside it, likewise.
        thumbnail_sha256: Name of its thumbnail in the tenant's part of the store, for images and
            videos.
    """

    sha256: str
    name: str
    size: int
    mime_type: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    media: MediaFacts = MediaFacts()
    thumbnail_sha256: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What the store keeps for it: its own name, and its thumbnail's where it has one."""
        return (self.sha256, self.thumbnail_sha256) if self.thumbnail_sha256 else (self.sha256,)


class NewContent(msgspec.Struct, frozen=True, kw_only=True):
    """Content as a person gives it. ``type`` ``text`` needs ``text``, every other type a file."""

    title: str
    type: ContentType
    description: str | None = None
    text: str | None = None
    alt_text: str | None = None
    tags: tuple[str, ...] = ()


class ContentChange(msgspec.Struct, frozen=True, kw_only=True):
    """What changes; what is unset stays. None and an empty text take a value away."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    text: str | msgspec.UnsetType | None = msgspec.UNSET
    alt_text: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    status: Literal["draft", "ready", "archived"] | msgspec.UnsetType = msgspec.UNSET


class ContentRow(msgspec.Struct, frozen=True, kw_only=True):
    """Stored content."""

    id: UUID
    type: ContentType
    title: str
    description: str | None
    text: str | None
    alt_text: str | None
    tags: tuple[str, ...]
    status: ContentStatus
    file: ContentFile | None
    created_at: datetime
    updated_at: datetime


class ContentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which content a list shows, and which page of it.

    Attributes:
        page: From 1.
        limit: Rows of a page, 1 to 100.
        type: Only this type.
        status: Only this status.
    """

    page: int = 1
    limit: int = 20
    type: ContentType | None = None
    status: ContentStatus | None = None


class DeletedContent(msgspec.Struct, frozen=True, kw_only=True):
    """What deleting content did."""

    id: UUID
    cancelled_jobs: tuple[UUID, ...]


class MediaFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as publishing needs it.

    Attributes:
        content_id: Whose file it is.
        kind: Image, video, audio or document.
        mime_type: Told by its bytes.
        size: Size in bytes.
        sha256: Its name in the tenant's part of the store.
        width: Width in pixels as shown, where known.
        height: Height in pixels as shown, where known.
        duration: Length in seconds, for videos and audio, where known.
        alt_text: The content's own alternative text; empty when it has none.
    """

    content_id: UUID
    kind: MediaType
    mime_type: str
    size: int
    sha256: str
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    alt_text: str = ""
