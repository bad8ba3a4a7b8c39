"""Shapes of the Pinterest API's answers, as far as this adapter reads them.

Source: Pinterest's OpenAPI description 5.23.0.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

__all__ = (
    "Board",
    "Boards",
    "ErrorAnswer",
    "Pin",
    "PinFigures",
    "PinFiguresAnswer",
    "Pins",
    "Section",
    "Sections",
    "TokenAnswer",
    "Upload",
    "UploadState",
    "User",
)


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Pinterest's envelope of errors."""

    code: int
    message: str = ""


class TokenAnswer(msgspec.Struct, frozen=True):
    """Tokens; life times in seconds, ``refresh_token_expires_at`` in seconds since 1970."""

    access_token: str
    expires_in: float | None = None
    refresh_token: str | None = None
    refresh_token_expires_in: float | None = None
    refresh_token_expires_at: float | None = None
    scope: str | None = None

    def __repr__(self) -> str:
        """Shows the life time and never a token."""
        return f"TokenAnswer(expires_in={self.expires_in!r}, tokens hidden)"


class User(msgspec.Struct, frozen=True):
    """The account itself."""

    id: str
    username: str
    business_name: str | None = None
    profile_image: str | None = None
    follower_count: int | None = None
    following_count: int | None = None
    pin_count: int | None = None
    board_count: int | None = None
    monthly_views: int | None = None


class Board(msgspec.Struct, frozen=True):
    """A board."""

    id: str
    name: str
    is_ads_only: bool = False


class Boards(msgspec.Struct, frozen=True):
    """A page of boards; the last one has no bookmark."""

    items: tuple[Board, ...]
    bookmark: str | None = None


class Section(msgspec.Struct, frozen=True):
    """A section of a board."""

    id: str
    name: str


class Sections(msgspec.Struct, frozen=True):
    """A page of sections."""

    items: tuple[Section, ...]
    bookmark: str | None = None


class Pin(msgspec.Struct, frozen=True):
    """A Pin."""

    id: str
    created_at: str | None = None
    title: str | None = None
    description: str | None = None
    link: str | None = None
    board_section_id: str | None = None

    @property
    def at(self) -> datetime | None:
        """When it was made (aware); None when the answer does not say."""
        try:
            moment = datetime.fromisoformat(self.created_at or "")
        except ValueError:
            return None
        return moment.replace(tzinfo=moment.tzinfo or UTC)


class Pins(msgspec.Struct, frozen=True):
    """A page of Pins, as far as it is read."""

    items: tuple[Pin, ...]


class Upload(msgspec.Struct, frozen=True):
    """A registered upload: where the file goes, and the fields that go with it."""

    media_id: str
    upload_url: str
    upload_parameters: dict[str, str] = {}

    def __repr__(self) -> str:
        """Shows the id and never the signed fields."""
        return f"Upload(media_id={self.media_id!r}, fields hidden)"


class UploadState(msgspec.Struct, frozen=True):
    """How far an upload is: registered, processing, succeeded or failed."""

    media_id: str
    status: str


class PinFigures(msgspec.Struct, frozen=True):
    """Figures of a Pin: of the days that were asked for, and since it was made."""

    summary_metrics: dict[str, float] = {}
    lifetime_metrics: dict[str, float] = {}


PinFiguresAnswer = dict[str, PinFigures]
"""Figures by the part of the audience; ``all`` is the whole."""
