"""Shapes of the Threads API's answers, as far as this adapter reads them.

Source: https://developers.facebook.com/docs/threads and Meta's collection of example requests.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

__all__ = (
    "Container",
    "Created",
    "Cursors",
    "ErrorAnswer",
    "GraphError",
    "Insight",
    "Insights",
    "Listed",
    "Me",
    "Paging",
    "Post",
    "Posts",
    "PublishingLimit",
    "PublishingLimits",
    "QuotaConfig",
    "TokenAnswer",
    "Value",
)


class TokenAnswer(msgspec.Struct, frozen=True):
    """A token; a short-lived one comes with the account's id, a long-lived one with its life time."""

    access_token: str
    expires_in: float | None = None

    def __repr__(self) -> str:
        """Shows the life time and never the token."""
        return f"TokenAnswer(expires_in={self.expires_in!r}, token hidden)"


class Me(msgspec.Struct, frozen=True):
    """The account itself."""

    id: str
    username: str
    name: str | None = None
    threads_profile_picture_url: str | None = None


class Created(msgspec.Struct, frozen=True):
    """A container or a post that was made."""

    id: str


class Container(msgspec.Struct, frozen=True):
    """How far a container is."""

    status: str
    error_message: str | None = None


class Listed(msgspec.Struct, frozen=True):
    """A post that another one refers to."""

    id: str


class Post(msgspec.Struct, frozen=True):
    """A post or reply."""

    id: str
    timestamp: str = ""
    text: str = ""
    permalink: str | None = None
    username: str = ""
    replied_to: Listed | None = None

    @property
    def at(self) -> datetime | None:
        """When it was made; None when the answer does not say."""
        try:
            return datetime.strptime(self.timestamp, "%Y-%m-%dT%H:%M:%S%z")
        except ValueError:
            return None


class Cursors(msgspec.Struct, frozen=True):
    """Where the next page begins."""

    after: str = ""


class Paging(msgspec.Struct, frozen=True):
    """Pages beside the one at hand; the last one has no ``next``."""

    cursors: Cursors = Cursors()
    next: str | None = None


class Posts(msgspec.Struct, frozen=True):
    """A page of posts."""

    data: tuple[Post, ...] = ()
    paging: Paging = Paging()


class Value(msgspec.Struct, frozen=True):
    """A figure, perhaps of one day."""

    value: int = 0


class Insight(msgspec.Struct, frozen=True):
    """A metric: a total, or values of days."""

    name: str
    values: tuple[Value, ...] = ()
    total_value: Value | None = None


class Insights(msgspec.Struct, frozen=True):
    """Metrics."""

    data: tuple[Insight, ...] = ()

    def totals(self) -> dict[str, int]:
        """Gives each metric's total, as far as one was told."""
        told: dict[str, int] = {}
        for one in self.data:
            if one.total_value is not None:
                told[one.name] = one.total_value.value
            elif one.values:
                told[one.name] = sum(value.value for value in one.values)
        return told


class QuotaConfig(msgspec.Struct, frozen=True):
    """How much there is in how many seconds."""

    quota_total: int
    quota_duration: int = 86_400


class PublishingLimit(msgspec.Struct, frozen=True):
    """How much of the account's quotas is used."""

    quota_usage: int | None = None
    config: QuotaConfig | None = None
    reply_quota_usage: int | None = None
    reply_config: QuotaConfig | None = None


class PublishingLimits(msgspec.Struct, frozen=True):
    """The one entry that tells the quotas."""

    data: tuple[PublishingLimit, ...] = ()


class GraphError(msgspec.Struct, frozen=True):
    """Meta's error."""

    message: str = ""
    code: int | None = None
    error_subcode: int | None = None
    is_transient: bool = False
    error_user_title: str | None = None
    error_user_msg: str | None = None
    type: str = ""
    fbtrace_id: str | None = None
    error_data: Any = None


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Meta's envelope of errors."""

    error: GraphError
