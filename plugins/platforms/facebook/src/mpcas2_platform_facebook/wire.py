"""Shapes of the Graph API's answers, as far as this adapter reads them.

Source: https://developers.facebook.com/docs/graph-api/reference/page and its edges.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

__all__ = (
    "Attachments",
    "Chunk",
    "CommentNode",
    "Comments",
    "Created",
    "ErrorAnswer",
    "Film",
    "FilmStarted",
    "FilmStatus",
    "Finished",
    "GraphError",
    "Insights",
    "PageNode",
    "Pages",
    "Permissions",
    "Phase",
    "PostNode",
    "Posts",
    "Stories",
    "TokenAnswer",
    "UploadRefusal",
    "moment",
)


def moment(told: str) -> datetime | None:
    """Reads a time of the API, such as ``2026-11-23T12:00:00+0000``; None when it is none."""
    try:
        return datetime.strptime(told, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None


class Cursors(msgspec.Struct, frozen=True):
    """Where the next page begins."""

    after: str = ""


class Paging(msgspec.Struct, frozen=True):
    """Pages beside the one at hand; the last one has no ``next``."""

    cursors: Cursors = Cursors()
    next: str | None = None

    @property
    def following(self) -> str:
        """Asks for the page behind; empty when there is none."""
        return self.cursors.after if self.next is not None else ""


class TokenAnswer(msgspec.Struct, frozen=True):
    """A token of a person."""

    access_token: str
    expires_in: float | None = None

    def __repr__(self) -> str:
        """Shows the life time and never the token."""
        return f"TokenAnswer(expires_in={self.expires_in!r}, token hidden)"


class Permission(msgspec.Struct, frozen=True):
    """What the person said to one permission."""

    permission: str
    status: str = ""


class Permissions(msgspec.Struct, frozen=True):
    """What the person allowed and declined."""

    data: tuple[Permission, ...] = ()


class PictureData(msgspec.Struct, frozen=True):
    """Where a picture is."""

    url: str | None = None


class Picture(msgspec.Struct, frozen=True):
    """The picture of a Page."""

    data: PictureData = PictureData()


class PageNode(msgspec.Struct, frozen=True):
    """A Page; ``access_token`` and ``tasks`` stand in a person's list only."""

    id: str
    name: str = ""
    username: str = ""
    picture: Picture = Picture()
    access_token: str = ""
    tasks: tuple[str, ...] | None = None
    followers_count: int | None = None
    fan_count: int | None = None

    def __repr__(self) -> str:
        """Shows the Page and never its token."""
        return f"PageNode(id={self.id!r}, name={self.name!r}, token hidden)"


class Pages(msgspec.Struct, frozen=True):
    """The Pages that a person manages."""

    data: tuple[PageNode, ...] = ()
    paging: Paging = Paging()


class Created(msgspec.Struct, frozen=True):
    """A post, a picture or a comment that was made."""

    id: str


class Finished(msgspec.Struct, frozen=True):
    """A story or a film that was taken; a film has its post only once it is processed."""

    success: bool
    post_id: str | None = None


class FilmStarted(msgspec.Struct, frozen=True):
    """A film that waits for its bytes; only ``/videos`` has a session and asks for pieces."""

    video_id: str
    upload_session_id: str = ""
    start_offset: str = "0"
    end_offset: str = "0"


class Chunk(msgspec.Struct, frozen=True):
    """Which piece of a film is wanted next; none when both are the same."""

    start_offset: str
    end_offset: str


class PhaseError(msgspec.Struct, frozen=True):
    """Why a phase failed."""

    message: str = ""
    code: int | None = None


class Phase(msgspec.Struct, frozen=True):
    """How far one phase of a film is; documentation has both spellings of the counted bytes."""

    status: str = "not_started"
    bytes_transferred: int | None = None
    bytes_transfered: int | None = None
    errors: tuple[PhaseError, ...] = ()
    error: PhaseError | None = None


class FilmStatus(msgspec.Struct, frozen=True):
    """How far a film is."""

    video_status: str = ""
    uploading_phase: Phase = Phase()
    processing_phase: Phase = Phase()
    publishing_phase: Phase = Phase()


class Film(msgspec.Struct, frozen=True):
    """A film; its address may be a path of the website."""

    id: str
    status: FilmStatus = FilmStatus()
    post_id: str | None = None
    permalink_url: str | None = None


class Named(msgspec.Struct, frozen=True):
    """Something that has an id, and perhaps a name."""

    id: str = ""
    name: str = ""


class Attachment(msgspec.Struct, frozen=True):
    """What a post shows."""

    target: Named = Named()
    subattachments: Attachments | None = None


class Attachments(msgspec.Struct, frozen=True):
    """All that a post shows."""

    data: tuple[Attachment, ...] = ()

    def targets(self) -> set[str]:
        """Gives the ids of all pictures and films."""
        found: set[str] = set()
        for one in self.data:
            found.add(one.target.id)
            if one.subattachments is not None:
                found |= one.subattachments.targets()
        return found - {""}


class Total(msgspec.Struct, frozen=True):
    """How many there are."""

    total_count: int | None = None


class Counted(msgspec.Struct, frozen=True):
    """A list of which only the length is of interest."""

    summary: Total = Total()


class Shares(msgspec.Struct, frozen=True):
    """How often a post was shared; absent when it never was."""

    count: int = 0


class PostNode(msgspec.Struct, frozen=True):
    """A post."""

    id: str
    message: str = ""
    created_time: str = ""
    permalink_url: str | None = None
    attachments: Attachments = Attachments()
    shares: Shares = Shares()
    comments: Counted = Counted()
    reactions: Counted = Counted()


class Posts(msgspec.Struct, frozen=True):
    """A page of posts."""

    data: tuple[PostNode, ...] = ()


class StoryNode(msgspec.Struct, frozen=True):
    """A story."""

    post_id: str = ""
    media_id: str = ""
    url: str | None = None


class Stories(msgspec.Struct, frozen=True):
    """A page of stories."""

    data: tuple[StoryNode, ...] = ()


class CommentNode(msgspec.Struct, frozen=True, rename={"author": "from"}):
    """A comment; Facebook tells who wrote it only where it may."""

    id: str
    message: str = ""
    created_time: str = ""
    author: Named | None = None
    permalink_url: str | None = None
    parent: Named | None = None
    like_count: int | None = None
    comment_count: int | None = None


class Comments(msgspec.Struct, frozen=True):
    """A page of comments."""

    data: tuple[CommentNode, ...] = ()
    paging: Paging = Paging()


class Value(msgspec.Struct, frozen=True):
    """A figure, or figures by name."""

    value: int | dict[str, int] = 0


class Insight(msgspec.Struct, frozen=True):
    """One metric."""

    name: str
    values: tuple[Value, ...] = ()


class Insights(msgspec.Struct, frozen=True):
    """Metrics."""

    data: tuple[Insight, ...] = ()

    def totals(self) -> dict[str, int]:
        """Gives each metric's total; figures by name are added up."""
        told: dict[str, int] = {}
        for one in self.data:
            if one.values:
                value = one.values[-1].value
                told[one.name] = sum(value.values()) if isinstance(value, dict) else value
        return told


class GraphError(msgspec.Struct, frozen=True):
    """Meta's error."""

    message: str = ""
    type: str = ""
    code: int | None = None
    error_subcode: int | None = None
    is_transient: bool = False
    error_user_title: str | None = None
    error_user_msg: str | None = None
    error_data: Any = None


class ErrorAnswer(msgspec.Struct, frozen=True):
    """Meta's envelope of errors."""

    error: GraphError


class DebugInfo(msgspec.Struct, frozen=True):
    """Why the upload host refused bytes."""

    type: str = ""
    message: str = ""
    retriable: bool = False


class UploadRefusal(msgspec.Struct, frozen=True):
    """The upload host's own envelope of errors."""

    debug_info: DebugInfo
