"""What is stored about an upload, from the first byte to the last question."""

from __future__ import annotations

from datetime import datetime

import msgspec

from mpcas2_hookspecs import Media
from mpcas2_platform_youtube.options import Privacy

__all__ = ("Handle", "OpenedSession", "StagedUpload", "Wishes")


class Wishes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What has to be so once YouTube has processed the video.

    Attributes:
        privacy: Who shall see it.
        playlist_id: The playlist that it shall be in; None for none.
        thumbnail: The picture that shall stand for it; None for one that YouTube chooses.
    """

    privacy: Privacy
    playlist_id: str | None = None
    thumbnail: Media | None = None


class OpenedSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An upload session, as the journal holds it from the moment it exists.

    Attributes:
        uri: Its address.
        opened_at: When it was opened; the video cannot be older.
        draft: Digest of metadata and file; a post that was edited since needs another session.
    """

    uri: str
    opened_at: datetime
    draft: str


class StagedUpload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``publish`` and ``find`` need.

    Attributes:
        session: Address of the upload session.
        opened_at: When it was opened.
        offset: How many bytes YouTube has; ``publish`` sends the rest.
        media: The file, with its size.
        title: The video's title, to recognise it by when the session is gone.
        description: The same for its description.
        wishes: What ``poll`` sees to.
    """

    session: str
    opened_at: datetime
    offset: int
    media: Media
    title: str
    description: str
    wishes: Wishes


class Handle(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``poll`` needs.

    Attributes:
        video_id: The video.
        wishes: What is left to do once it is processed.
    """

    video_id: str
    wishes: Wishes
