"""Shapes of TikTok's answers, as far as they are read.

Source: the contract fixtures in ``tests/contract``. Whatever else an answer holds is not looked at.
"""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

__all__ = (
    "Begun",
    "Creator",
    "Envelope",
    "Fault",
    "FaultBody",
    "PostEvent",
    "Profile",
    "ProfileData",
    "PublishStatus",
    "TokenAnswer",
    "TokenFault",
    "Video",
    "VideoPage",
    "Webhook",
)

T = TypeVar("T")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """The member ``error``, which is there with the code ``ok`` also when all is well."""

    code: str = ""
    message: str = ""
    log_id: str = ""


class FaultBody(msgspec.Struct, frozen=True, kw_only=True):
    """An answer of which only the fault is of interest."""

    error: Fault = Fault()


class Envelope(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Every answer of the API."""

    data: T
    error: Fault


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of the three ``init`` routes; ``upload_url`` comes for files that are uploaded."""

    publish_id: str
    upload_url: str | None = None


class PublishStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``status/fetch``. The misspelt name is the API's own."""

    status: str
    fail_reason: str = ""
    publicaly_available_post_id: list[int | str] = []
    uploaded_bytes: int | None = None


class Creator(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``creator_info/query``: what the creator allows now."""

    privacy_level_options: list[str]
    creator_username: str = ""
    creator_nickname: str = ""
    creator_avatar_url: str = ""
    comment_disabled: bool = False
    duet_disabled: bool = False
    stitch_disabled: bool = False
    max_video_post_duration_sec: int | None = None


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A person, as far as the scopes let one see."""

    open_id: str = ""
    username: str = ""
    display_name: str = ""
    avatar_url: str = ""
    follower_count: int | None = None
    following_count: int | None = None
    likes_count: int | None = None
    video_count: int | None = None


class ProfileData(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``user/info``."""

    user: Profile


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """A public post."""

    id: str
    title: str = ""
    video_description: str = ""
    create_time: int | None = None
    share_url: str = ""
    view_count: int | None = None
    like_count: int | None = None
    comment_count: int | None = None
    share_count: int | None = None


class VideoPage(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``video/query`` and ``video/list``."""

    videos: list[Video] = []
    cursor: int | None = None
    has_more: bool = False


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A new pair of tokens; lifetimes in seconds."""

    access_token: str
    refresh_token: str
    expires_in: float | None = None
    refresh_expires_in: float | None = None
    scope: str | None = None


class TokenFault(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal of the token route."""

    error: str = ""
    error_description: str = ""


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """What TikTok tells by itself; ``content`` is JSON inside a text."""

    event: str
    user_openid: str
    create_time: int = 0
    content: str = "{}"


class PostEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The content of an event about a post."""

    publish_id: str = ""
