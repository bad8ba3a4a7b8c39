"""The shapes of Instagram's answers, as far as they are read.

Sources: https://developers.facebook.com/docs/instagram-platform/reference and the machine-readable
names in Meta's own SDKs. Fields that may be left out have defaults; what is not named is ignored.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

__all__ = (
    "CommentNode",
    "ContainerAnswer",
    "DebugBody",
    "DebugInfo",
    "Fault",
    "FaultBody",
    "IdAnswer",
    "Insight",
    "Listing",
    "MediaNode",
    "Profile",
    "QuotaAnswer",
    "TokenAnswer",
    "TokenFault",
    "UploadAnswer",
    "moment_of",
)

T = TypeVar("T")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What stands under ``error`` in Meta's envelope."""

    message: str = ""
    type: str = ""
    code: int | None = None
    error_subcode: int | None = None
    is_transient: bool = False
    error_user_title: str | None = None
    error_user_msg: str | None = None


class FaultBody(msgspec.Struct, frozen=True, kw_only=True):
    """Meta's error envelope."""

    error: Fault


class DebugInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What the upload host says about a refusal."""

    retriable: bool = False
    type: str = ""
    message: str = ""


class DebugBody(msgspec.Struct, frozen=True, kw_only=True):
    """The upload host's error envelope."""

    debug_info: DebugInfo


class TokenFault(msgspec.Struct, frozen=True, kw_only=True):
    """The token host's own error, beside which it also uses Meta's envelope."""

    error_type: str = ""
    error_message: str = ""


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A token. ``permissions`` is a list or one text with commas, after a code only."""

    access_token: str
    expires_in: float | None = None
    permissions: list[str] | str | None = None


class IdAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The id of what was made."""

    id: str


class UploadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the upload host says about bytes that it took."""

    success: bool = True


class UploadingPhase(msgspec.Struct, frozen=True, kw_only=True):
    """How far the bytes of a video are."""

    status: str = ""
    bytes_transferred: int = 0


class VideoStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a video is."""

    uploading_phase: UploadingPhase = UploadingPhase()


class ContainerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A container: media on its way to a post."""

    status_code: str
    status: str = ""
    video_status: VideoStatus | None = None


class MediaNode(msgspec.Struct, frozen=True, kw_only=True):
    """A published post."""

    id: str
    permalink: str | None = None
    caption: str = ""
    timestamp: str = ""
    media_product_type: str = ""


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote a comment."""

    username: str = ""


class CommentNode(msgspec.Struct, frozen=True, kw_only=True):
    """A comment below a post."""

    id: str
    text: str = ""
    timestamp: str = ""
    username: str = ""
    like_count: int | None = None
    parent_id: str | None = None
    author: Author = msgspec.field(default=Author(), name="from")


class Cursors(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page begins and ends."""

    after: str = ""


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Where the next page is; without ``next`` there is none."""

    cursors: Cursors = Cursors()
    next: str | None = None


class Listing(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page of a list."""

    data: list[T]
    paging: Paging = Paging()

    @property
    def cursor(self) -> str:
        """Asks for the page behind; empty when there is none."""
        return self.paging.cursors.after if self.paging.next else ""


class InsightValue(msgspec.Struct, frozen=True, kw_only=True):
    """One figure; some are objects that split it up."""

    value: Any = None


class Insight(msgspec.Struct, frozen=True, kw_only=True):
    """One metric. Posts have ``values``, accounts have ``total_value``."""

    name: str
    values: list[InsightValue] = []
    total_value: InsightValue | None = None

    @property
    def figure(self) -> float | None:
        """The figure; None when it is none."""
        last = self.values[-1] if self.values else InsightValue()
        told = (self.total_value or last).value
        return told if isinstance(told, int | float) and not isinstance(told, bool) else None


class QuotaConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How much may be published in how many seconds."""

    quota_total: int
    quota_duration: int = 86_400


class QuotaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How much was published."""

    quota_usage: int
    config: QuotaConfig


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A professional account. ``user_id`` is its lasting number; ``id`` is another one for each app."""

    user_id: str
    username: str
    name: str | None = None
    profile_picture_url: str | None = None
    account_type: str = ""
    followers_count: int | None = None
    follows_count: int | None = None
    media_count: int | None = None


def moment_of(text: str) -> datetime | None:
    """Reads a time such as ``2026-11-23T12:00:00+0000``; None for anything else.

    Args:
        text: As the API writes it, with a zone that has no colon.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
