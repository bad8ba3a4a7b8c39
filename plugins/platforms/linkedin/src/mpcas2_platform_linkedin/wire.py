"""The shapes of LinkedIn's answers, as far as the adapter reads them.

LinkedIn publishes no machine-readable description; the shapes are those of the contract files beside the
tests. Objects are open: unknown fields are skipped. Moments are milliseconds since 1970, in UTC.
Whatever holds a token or an address that stands for one hides it in its repr.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = (
    "Acl",
    "Acls",
    "Analytics",
    "Asset",
    "CommentAnswer",
    "CommentsAnswer",
    "FollowerCount",
    "Notification",
    "Notifications",
    "Organization",
    "PostAnswer",
    "PostsAnswer",
    "Statistics",
    "StatisticsAnswer",
    "TokenAnswer",
    "UploadAnswer",
    "UploadTicket",
    "UserInfo",
)


class TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of the token endpoint (RFC 6749, 5.1); the scopes have commas between them."""

    access_token: str
    refresh_token: str | None = None
    expires_in: float | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        """Shows the scopes and never a token."""
        return f"TokenAnswer(scope={self.scope!r}, tokens hidden)"


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``GET /v2/userinfo`` (OpenID Connect Core, 5.3)."""

    sub: str
    name: str = ""
    picture: str | None = None


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page of a list stands."""

    start: int = 0
    total: int | None = None


class Acl(msgspec.Struct, frozen=True, kw_only=True):
    """A role of the caller on a page."""

    organization: str
    role: str = ""
    state: str = ""


class Acls(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``GET /rest/organizationAcls``."""

    elements: tuple[Acl, ...]
    paging: Paging = Paging()


class Organization(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page."""

    localized_name: str = ""
    vanity_name: str = ""


class UploadPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A range of a video and the address that takes it; both ends belong to it."""

    upload_url: str
    first_byte: int
    last_byte: int

    def __repr__(self) -> str:
        """Shows the range and never the address, which needs no token."""
        return f"UploadPart({self.first_byte}-{self.last_byte})"


class UploadTicket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an upload goes on with; which members there are depends on the kind of file."""

    upload_url: str = ""
    upload_url_expires_at: int | None = None
    image: str = ""
    document: str = ""
    video: str = ""
    upload_token: str = ""
    upload_urls_expire_at: int | None = None
    upload_instructions: tuple[UploadPart, ...] = ()
    thumbnail_upload_url: str = ""

    def __repr__(self) -> str:
        """Shows the URN and never an address."""
        return f"UploadTicket({self.image or self.document or self.video})"


class UploadAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of every ``?action=initializeUpload``."""

    value: UploadTicket


class Asset(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far LinkedIn is with a picture, document or video."""

    status: str
    processing_failure_reason: str = ""


class PostAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A post, as far as it is compared."""

    id: str
    author: str
    commentary: str = ""
    created_at: int = 0
    lifecycle_state: str = "PUBLISHED"
    content: dict[str, Any] = {}


class PostsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``GET /rest/posts?q=author``."""

    elements: tuple[PostAnswer, ...]
    paging: Paging = Paging()


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a comment says, as plain text."""

    text: str = ""


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """When something was made."""

    time: int = 0


class CommentAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A comment."""

    id: str
    actor: str = ""
    object: str = ""
    message: Message = Message()
    comment_urn: str = ""
    parent_comment: str = ""
    created: Stamp = Stamp()


class CommentsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``GET /rest/socialActions/{urn}/comments``."""

    elements: tuple[CommentAnswer, ...]
    paging: Paging = Paging()


class Statistics(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The figures of one post of a page, or of all of them together."""

    share: str = ""
    ugc_post: str = ""
    total_share_statistics: dict[str, Any] = {}


class StatisticsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``GET /rest/organizationalEntityShareStatistics``."""

    elements: tuple[Statistics, ...]


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """One figure."""

    count: int = 0


class Analytics(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``GET /rest/memberCreatorPostAnalytics``."""

    elements: tuple[Count, ...]


class FollowerCount(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of ``GET /rest/networkSizes/{urn}``."""

    first_degree_size: int


class SourcePost(msgspec.Struct, frozen=True, kw_only=True):
    """The post that a notification is about."""

    entity: str = ""


class Notification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that happened at a page."""

    notification_id: int
    action: str = ""
    organizational_entity: str = ""
    source_post: str = ""
    decorated_source_post: SourcePost = SourcePost()


class Notifications(msgspec.Struct, frozen=True, kw_only=True):
    """What LinkedIn sends to a webhook."""

    type: str = ""
    notifications: tuple[Notification, ...] = ()
