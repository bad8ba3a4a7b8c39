"""What would be published, on the wire: for each account its posts as the network shows them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec

from mpcas2_core.content.rows import MediaFile
from mpcas2_core.publishing.judging import Problem
from mpcas2_core.publishing.preview import AccountPreview, Preview, TextPreview
from mpcas2_core.publishing.warnings import PlanWarning
from mpcas2_hookspecs import TextMark
from mpcas2_server.wire import Output, optional

__all__ = ("PreviewAnswer", "PublishWarning", "show_preview", "show_warning")

UNSET = msgspec.UNSET
MaybeText = str | msgspec.UnsetType
MaybeCount = int | msgspec.UnsetType
_PICTURED = ("image", "video")


class PublishWarning(Output, frozen=True, kw_only=True):
    """What will go otherwise than planned, or may not be meant, although nothing is wrong."""

    code: Literal["QUOTA", "COLLISION", "DUPLICATE"]
    social_account_id: UUID
    message: str


class ProblemShown(Output, frozen=True, kw_only=True):
    """Why an account's post would be refused."""

    field: str
    message: str
    social_account_id: UUID | msgspec.UnsetType = UNSET


class MarkShown(Output, frozen=True, kw_only=True):
    """A piece of a text of which the network makes something; counted in code points."""

    start: int
    end: int
    kind: Literal["link", "mention", "hashtag"]
    shown: Annotated[MaybeText, msgspec.Meta(description="What people see instead.")] = UNSET
    url: MaybeText = UNSET


class TextShown(Output, frozen=True, kw_only=True):
    """A text as a network counts and cuts it."""

    text: str
    length: Annotated[int, msgspec.Meta(description="Counted in `unit`.")]
    bytes: int
    marks: list[MarkShown]
    unit: MaybeText = UNSET
    max_length: MaybeCount = UNSET
    max_bytes: MaybeCount = UNSET
    folded: Annotated[
        MaybeText, msgspec.Meta(description="What is seen before the rest is asked for.")
    ] = UNSET


class MediaShown(Output, frozen=True, kw_only=True):
    """A file as it will be given to the network."""

    content_id: UUID
    kind: Literal["image", "video", "audio", "document"]
    mime_type: str
    size: int
    alt_text: str
    width: MaybeCount = UNSET
    height: MaybeCount = UNSET
    duration: float | msgspec.UnsetType = UNSET
    thumbnail_url: Annotated[
        MaybeText, msgspec.Meta(description="A small picture of it, with the same sign-in.")
    ] = UNSET


class PartShown(Output, frozen=True, kw_only=True):
    """One post of a thread."""

    text: TextShown
    media: list[MediaShown]


class AccountShown(Output, frozen=True, kw_only=True):
    """What one account would publish."""

    social_account_id: UUID
    platform: str
    username: str
    parts: list[PartShown]
    title: TextShown | msgspec.UnsetType = UNSET
    thumbnail: MediaShown | msgspec.UnsetType = UNSET
    first_comment: TextShown | msgspec.UnsetType = UNSET


class PreviewAnswer(Output, frozen=True, kw_only=True):
    """What a request would do. It would be taken if there are no problems."""

    ok: bool
    accounts: list[AccountShown]
    problems: list[ProblemShown]
    warnings: list[PublishWarning]


def show_preview(found: Preview) -> PreviewAnswer:
    """Shows a preview."""
    return PreviewAnswer(
        ok=not found.problems,
        accounts=[_account(one) for one in found.accounts],
        problems=[_problem(one) for one in found.problems],
        warnings=[show_warning(one) for one in found.warnings],
    )


def show_warning(one: PlanWarning) -> PublishWarning:
    """Shows a warning."""
    return PublishWarning(code=one.code, social_account_id=one.account_id, message=one.message)


def _problem(one: Problem) -> ProblemShown:
    return ProblemShown(
        field=one.field, message=one.message, social_account_id=optional(one.social_account_id)
    )


def _account(one: AccountPreview) -> AccountShown:
    return AccountShown(
        social_account_id=one.account.id,
        platform=one.account.platform,
        username=one.account.username,
        parts=[
            PartShown(text=_text(part.text), media=[_medium(file) for file in part.media])
            for part in one.parts
        ],
        title=UNSET if one.title is None else _text(one.title),
        thumbnail=UNSET if one.thumbnail is None else _medium(one.thumbnail),
        first_comment=UNSET if one.first_comment is None else _text(one.first_comment),
    )


def _text(one: TextPreview) -> TextShown:
    return TextShown(
        text=one.text,
        length=one.length,
        bytes=one.size,
        marks=[_mark(mark) for mark in one.marks],
        unit=one.rule.unit if one.rule else UNSET,
        max_length=one.rule.max_length if one.rule else UNSET,
        max_bytes=optional(one.rule.max_bytes) if one.rule else UNSET,
        folded=optional(one.folded),
    )


def _mark(mark: TextMark) -> MarkShown:
    return MarkShown(
        start=mark.start,
        end=mark.end,
        kind=mark.kind,
        shown=optional(mark.shown),
        url=optional(mark.url),
    )


def _medium(file: MediaFile) -> MediaShown:
    address = f"/api/v1/content/{file.content_id}/thumbnail"
    return MediaShown(
        content_id=file.content_id,
        kind=file.kind,
        mime_type=file.mime_type,
        size=file.size,
        alt_text=file.alt_text,
        width=optional(file.width),
        height=optional(file.height),
        duration=optional(file.duration),
        thumbnail_url=address if file.kind in _PICTURED else UNSET,
    )
