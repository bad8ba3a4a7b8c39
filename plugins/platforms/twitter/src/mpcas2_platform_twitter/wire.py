"""The shapes of X's answers, as far as the adapter reads them.

Source: the OpenAPI description of the X API v2, version 2.167 (https://docs.x.com). Objects are open:
unknown fields are skipped. Where the description and the documentation spell a field differently
(``repost_count``, ``retweet_count``), both are read. Whatever holds a token hides it in its repr.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

__all__ = (
    "Created",
    "CreatedAnswer",
    "Deleted",
    "DeletedAnswer",
    "Entities",
    "MediaAnswer",
    "Nothing",
    "Post",
    "Processing",
    "TimelineAnswer",
    "TokenAnswer",
    "UploadedMedia",
    "User",
    "UserAnswer",
)


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    """An answer whose content does not matter."""


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the token endpoint (RFC 6749, 5.1)."""

    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        """Shows the scopes and never a token."""
        return f"TokenAnswer(scope={self.scope!r}, tokens hidden)"


class User(msgspec.Struct, frozen=True, kw_only=True):
    """The account that a token is for."""

    id: str
    username: str
    name: str | None = None
    profile_image_url: str | None = None
    verified_type: str | None = None
    subscription_type: str | None = None
    public_metrics: dict[str, Any] = {}


class UserAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``GET /2/users/me``."""

    data: User


class Processing(msgspec.Struct, frozen=True, kw_only=True):
    """How far X is with a file; ``error`` is not in the description, real answers have it."""

    state: str = "succeeded"
    check_after_secs: float | None = None
    progress_percent: int | None = None
    error: dict[str, Any] = {}


class UploadedMedia(msgspec.Struct, frozen=True, kw_only=True):
    """A file on X's side that no post carries yet."""

    id: str
    expires_after_secs: float | None = None
    processing_info: Processing | None = None


class MediaAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of every media endpoint that tells about a file."""

    data: UploadedMedia


class Created(msgspec.Struct, frozen=True, kw_only=True):
    """The id of a new post."""

    id: str


class CreatedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``POST /2/tweets``."""

    data: Created


class Deleted(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a post is gone."""

    deleted: bool


class DeletedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``DELETE /2/tweets/{id}``."""

    data: Deleted


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A t.co address in a text, and where it leads."""

    url: str
    expanded_url: str | None = None


class Entities(msgspec.Struct, frozen=True, kw_only=True):
    """The links in a text."""

    urls: tuple[Link, ...] = ()


class Attachments(msgspec.Struct, frozen=True, kw_only=True):
    """The media and polls of a post."""

    media_keys: tuple[str, ...] = ()
    poll_ids: tuple[str, ...] = ()


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """Another post that a post replies to, quotes or repeats."""

    type: str
    id: str


class LongText(msgspec.Struct, frozen=True, kw_only=True):
    """The whole text of a post of more than 280 characters."""

    text: str
    entities: Entities = Entities()


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A post, as far as it is asked for."""

    id: str
    text: str = ""
    created_at: datetime | None = None
    entities: Entities = Entities()
    attachments: Attachments = Attachments()
    note_post: LongText | None = None
    note_tweet: LongText | None = None
    referenced_posts: tuple[Reference, ...] = ()
    referenced_tweets: tuple[Reference, ...] = ()
    public_metrics: dict[str, Any] = {}
    non_public_metrics: dict[str, Any] = {}


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Where a list goes on."""

    next_token: str | None = None


class TimelineAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A list of posts, newest first; the faults of single posts stand beside it."""

    data: tuple[Post, ...] = ()
    meta: Page = Page()
    errors: tuple[Any, ...] = ()
