"""What content looks like on the wire, and how it becomes what the engine takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import msgspec

from mpcas2_core.content import wording
from mpcas2_core.content.links import MAX_SECONDS
from mpcas2_core.content.rows import (
    ContentFile,
    ContentRow,
    ContentStatus,
    ContentType,
    NewContent,
)
from mpcas2_core.errors import InvalidInput
from mpcas2_server.multipart import Form
from mpcas2_server.wire import Input, Moment, Output, PageQuery, Pagination, optional

__all__ = (
    "FORM",
    "FORM_FIELDS",
    "REPEATABLE",
    "Content",
    "ContentChangeInput",
    "ContentDeleted",
    "ContentPage",
    "ContentQuery",
    "ContentSent",
    "FileLink",
    "FileLinkInput",
    "TextContentInput",
    "from_form",
    "shown",
)

REPEATABLE = ("tags",)
ONCE = ("title", "type", "description", "text", "altText")
FORM_FIELDS = (*ONCE, *REPEATABLE)


class ContentQuery(PageQuery, frozen=True, kw_only=True):
    """Which content is listed."""

    # UNSET and not None: `?type=null` is a wrong value, not an absent one.
    type: Annotated[
        ContentType | msgspec.UnsetType, msgspec.Meta(description="Only this type.")
    ] = msgspec.UNSET
    status: Annotated[
        ContentStatus | msgspec.UnsetType, msgspec.Meta(description="Only this status.")
    ] = msgspec.UNSET


class TextContentInput(Input, frozen=True, kw_only=True):
    """Content of type ``text``, which has no file."""

    title: str
    type: ContentType
    text: str | None = None
    description: str | None = None
    alt_text: str | None = None
    tags: tuple[str, ...] = ()


class ContentChangeInput(Input, frozen=True, kw_only=True):
    """What changes; what is absent stays. An empty text or null takes a value away."""

    title: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    text: str | msgspec.UnsetType | None = msgspec.UNSET
    alt_text: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    status: Literal["draft", "ready", "archived"] | msgspec.UnsetType = msgspec.UNSET


class FileLinkInput(Input, frozen=True, kw_only=True):
    """How long a link to a file is to be good."""

    seconds: Annotated[int, msgspec.Meta(ge=1, le=MAX_SECONDS, description="24 hours at most.")] = (
        3600
    )


class FileLink(Output, frozen=True, kw_only=True):
    """A link to a file, for whoever has it; no sign-in is needed."""

    url: str
    expires_at: Moment


class VideoInfo(Output, frozen=True, kw_only=True):
    """The pictures of a video."""

    codec: str
    frame_rate: float | msgspec.UnsetType = msgspec.UNSET


class AudioInfo(Output, frozen=True, kw_only=True):
    """The sound of a video or audio file."""

    codec: str
    sample_rate: int | msgspec.UnsetType = msgspec.UNSET
    channels: int | msgspec.UnsetType = msgspec.UNSET


class MediaInfo(Output, frozen=True, kw_only=True):
    """What is inside a video or audio file."""

    video: VideoInfo | msgspec.UnsetType = msgspec.UNSET
    audio: AudioInfo | msgspec.UnsetType = msgspec.UNSET


class Content(Output, frozen=True, kw_only=True):
    """What can be posted: a text, or a file with words."""

    id: UUID
    type: ContentType
    title: str
    tags: tuple[str, ...]
    status: ContentStatus
    created_at: Moment
    updated_at: Moment
    description: str | msgspec.UnsetType = msgspec.UNSET
    text: str | msgspec.UnsetType = msgspec.UNSET
    alt_text: str | msgspec.UnsetType = msgspec.UNSET
    file_url: str | msgspec.UnsetType = msgspec.UNSET
    file_name: str | msgspec.UnsetType = msgspec.UNSET
    file_size: int | msgspec.UnsetType = msgspec.UNSET
    mime_type: str | msgspec.UnsetType = msgspec.UNSET
    width: int | msgspec.UnsetType = msgspec.UNSET
    height: int | msgspec.UnsetType = msgspec.UNSET
    duration: Annotated[float | msgspec.UnsetType, msgspec.Meta(description="In seconds.")] = (
        msgspec.UNSET
    )
    media: MediaInfo | msgspec.UnsetType = msgspec.UNSET
    thumbnail_url: str | msgspec.UnsetType = msgspec.UNSET


class ContentPage(Output, frozen=True, kw_only=True):
    """A page of content, the newest first."""

    data: list[Content]
    pagination: Pagination


class ContentDeleted(Output, frozen=True, kw_only=True):
    """What deleting content did."""

    id: UUID
    deleted: Literal[True] = True
    cancelled_jobs: tuple[UUID, ...]


class ContentSent(msgspec.Struct, frozen=True, kw_only=True):
    """What tells one request to make content from another."""

    new: NewContent
    sha256: str | None
    file_name: str | None


FORM = {
    "type": "object",
    "required": ["title", "type"],
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "One file; its bytes must be of the said type. Not for `text`.",
        },
        "title": {"type": "string", "minLength": 1, "maxLength": wording.MAX_TITLE},
        "type": {"type": "string", "enum": list(get_args(ContentType))},
        "description": {"type": "string", "maxLength": wording.MAX_DESCRIPTION},
        "text": {"type": "string", "maxLength": wording.MAX_TEXT},
        "altText": {"type": "string", "maxLength": wording.MAX_ALT_TEXT},
        "tags": {
            "type": "array",
            "items": {"type": "string", "maxLength": wording.MAX_TAG},
            "description": "Repeated, or once as a JSON array.",
        },
    },
}


def from_form(form: Form) -> NewContent:
    """Reads new content from the fields of a form.

    Raises:
        InvalidInput: A field is missing or does not fit; ``details`` name it.
    """
    values: dict[str, Any] = {name: form.fields[name][0] for name in ONCE if name in form.fields}
    values["tags"] = _tags(form.fields.get("tags", []))
    for name in ("title", "type"):
        if name not in values:
            raise InvalidInput(f"{name} is missing. Send it as a field.", details={"field": name})
    if values["type"] not in get_args(ContentType):
        raise InvalidInput(
            f"type is {values['type'][:40]!r}. Send one of: {', '.join(get_args(ContentType))}.",
            details={"field": "type"},
        )
    values["alt_text"] = values.pop("altText", None)
    return NewContent(**values)


def _tags(values: list[str]) -> tuple[str, ...]:
    if len(values) == 1 and values[0].lstrip().startswith("["):
        try:
            return msgspec.json.decode(values[0], type=tuple[str, ...])
        except msgspec.DecodeError as error:
            raise InvalidInput(
                f"tags is no JSON array of texts ({error}). Repeat the field instead, once per tag.",
                details={"field": "tags"},
            ) from error
    return tuple(value for value in values if value)


def shown(row: ContentRow) -> Content:
    """Gives content as it is answered."""
    content = Content(
        id=row.id,
        type=row.type,
        title=row.title,
        tags=row.tags,
        status=row.status,
        created_at=row.created_at,
        updated_at=row.updated_at,
        description=optional(row.description),
        text=optional(row.text),
        alt_text=optional(row.alt_text),
    )
    if row.file is None:
        return content
    file, address = row.file, f"/api/v1/content/{row.id}"
    return msgspec.structs.replace(
        content,
        file_url=f"{address}/file",
        file_name=file.name,
        file_size=file.size,
        mime_type=file.mime_type,
        width=optional(file.width),
        height=optional(file.height),
        duration=optional(file.duration),
        media=_inside(file),
        thumbnail_url=f"{address}/thumbnail" if file.thumbnail_sha256 else msgspec.UNSET,
    )


def _inside(file: ContentFile) -> MediaInfo | msgspec.UnsetType:
    video, audio = file.media.video, file.media.audio
    if video is None and audio is None:
        return msgspec.UNSET
    return MediaInfo(
        video=VideoInfo(codec=video.codec, frame_rate=optional(video.frame_rate))
        if video
        else msgspec.UNSET,
        audio=AudioInfo(
            codec=audio.codec,
            sample_rate=optional(audio.sample_rate),
            channels=optional(audio.channels),
        )
        if audio
        else msgspec.UNSET,
    )
