"""Shapes of Mastodon's answers, as far as this adapter reads them.

Source: https://docs.joinmastodon.org/entities/ and the OpenAPI description made from it (4.7.0).
"""

from __future__ import annotations

from datetime import datetime

import msgspec

__all__ = (
    "AccountAnswer",
    "AppAnswer",
    "Attachment",
    "Configuration",
    "Context",
    "InstanceAnswer",
    "MediaLimits",
    "PollLimits",
    "Source",
    "Status",
    "StatusLimits",
    "TokenAnswer",
)


class AppAnswer(msgspec.Struct, frozen=True):
    """A registered app."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        """Shows the id and never the secret."""
        return f"AppAnswer(client_id={self.client_id!r}, secret hidden)"


class TokenAnswer(msgspec.Struct, frozen=True):
    """A grant."""

    access_token: str
    scope: str | None = None

    def __repr__(self) -> str:
        """Shows the scopes and never the token."""
        return f"TokenAnswer(scope={self.scope!r}, token hidden)"


class AccountAnswer(msgspec.Struct, frozen=True):
    """An account."""

    id: str
    username: str
    acct: str
    display_name: str = ""
    avatar: str | None = None
    followers_count: int | None = None
    following_count: int | None = None
    statuses_count: int | None = None


class StatusLimits(msgspec.Struct, frozen=True):
    """What a server allows in a post."""

    max_characters: int = 500
    max_media_attachments: int = 4
    characters_reserved_per_url: int = 23


class MediaLimits(msgspec.Struct, frozen=True):
    """What a server allows in a file. Sizes in bytes, matrices in pixels."""

    supported_mime_types: tuple[str, ...] = ()
    image_size_limit: int = 16_777_216
    image_matrix_limit: int = 33_177_600
    video_size_limit: int = 103_809_024
    video_matrix_limit: int = 8_294_400
    description_limit: int | None = 1_500


class PollLimits(msgspec.Struct, frozen=True):
    """What a server allows in a poll. Times in seconds."""

    max_options: int = 4
    max_characters_per_option: int = 50
    min_expiration: int = 300
    max_expiration: int = 2_629_746


class Configuration(msgspec.Struct, frozen=True):
    """What a server allows. The defaults are Mastodon's own."""

    statuses: StatusLimits = StatusLimits()
    media_attachments: MediaLimits = MediaLimits()
    polls: PollLimits = PollLimits()


class InstanceAnswer(msgspec.Struct, frozen=True):
    """A server."""

    domain: str
    configuration: Configuration = Configuration()


class Attachment(msgspec.Struct, frozen=True):
    """An uploaded file; it has no address while the server processes it."""

    id: str
    url: str | None = None


class Status(msgspec.Struct, frozen=True):
    """A post."""

    id: str
    created_at: datetime
    content: str = ""
    url: str | None = None
    uri: str = ""
    spoiler_text: str = ""
    in_reply_to_id: str | None = None
    media_attachments: tuple[Attachment, ...] = ()
    account: AccountAnswer | None = None
    favourites_count: int = 0
    reblogs_count: int = 0
    replies_count: int = 0
    quotes_count: int | None = None


class Source(msgspec.Struct, frozen=True):
    """A post as it was typed."""

    text: str = ""
    spoiler_text: str = ""


class Context(msgspec.Struct, frozen=True):
    """What stands above and below a post."""

    descendants: tuple[Status, ...] = ()
