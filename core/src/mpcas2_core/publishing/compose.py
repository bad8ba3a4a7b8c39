"""Turns content and per-account wishes into the parts of a post."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

import msgspec

from mpcas2_core.content.rows import MediaFile
from mpcas2_core.errors import InvalidInput
from mpcas2_hookspecs import Media, Part, Platform

__all__ = (
    "ComposedPart",
    "MediaWish",
    "PostMetadata",
    "ThreadPart",
    "compose",
    "media_of",
    "merge",
    "read_options",
)


class MediaWish(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """A file of a post: which content it comes from, and its alternative text."""

    content_id: UUID
    alt_text: str | None = None


class ThreadPart(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """One later post of a thread."""

    text: str
    media: tuple[MediaWish, ...] = ()


class PostMetadata(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    """What a person wishes for a post, for all accounts or for one.

    Attributes:
        text: The text, which may be empty; without it the content's text or description is used.
        title: Used where a network has titles; without it the content's title is.
        description: The text, where ``text`` is absent.
        hashtags: Appended to the text, with or without ``#``.
        alt_text: Alternative text of the content's own file.
        media: Files instead of the content's own one, in order.
        thumbnail: Content whose picture stands for the post, where a network has that.
        thread: The later posts of a thread.
        first_comment: The text of a first comment below the post; an empty one takes the one for
            all away.
        options: The network's own fields; their JSON schema comes with ``GET /platforms``.
    """

    text: str | None = None
    title: str | None = None
    description: str | None = None
    hashtags: tuple[str, ...] | None = None
    alt_text: str | None = None
    media: tuple[MediaWish, ...] | None = None
    thumbnail: UUID | None = None
    thread: tuple[ThreadPart, ...] | None = None
    first_comment: str | None = None
    options: dict[str, Any] | None = None


class ComposedPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part, ready to be stored."""

    text: str
    media: tuple[MediaFile, ...] = ()
    role: Literal["post", "comment"] = "post"
    title: str = ""
    thumbnail: MediaFile | None = None

    def for_adapter(self, index: int, options: msgspec.Struct) -> Part:
        """Gives the part as adapters judge it, before anything is published."""
        return Part(
            index=index,
            role=self.role,
            text=self.text,
            title=self.title,
            media=tuple(media_of(file) for file in self.media),
            thumbnail=None if self.thumbnail is None else media_of(self.thumbnail),
            options=options,
        )


def media_of(file: MediaFile) -> Media:
    """Gives a file as adapters see it."""
    return Media(
        id=file.sha256,
        kind=file.kind,
        mime_type=file.mime_type,
        size=file.size,
        width=file.width,
        height=file.height,
        duration=file.duration,
        alt_text=file.alt_text,
    )


def merge(default: PostMetadata, own: PostMetadata) -> PostMetadata:
    """Lays an account's wishes over the ones for all; what is absent there shows through."""
    changes = {
        field.name: value
        for field in msgspec.structs.fields(PostMetadata)
        if (value := getattr(own, field.name)) is not None
    }
    return msgspec.structs.replace(default, **changes)


def compose(
    wishes: PostMetadata,
    *,
    content_text: str,
    content_title: str,
    content_media: tuple[MediaWish, ...],
    files: Mapping[UUID, MediaFile],
) -> tuple[ComposedPart, ...]:
    """Builds the parts: the post, the rest of its thread, and its first comment at the end.

    Args:
        wishes: Merged wishes for one account.
        content_text: What the content says when the wishes are silent.
        content_title: Its title, likewise.
        content_media: The content's own file, if it has one.
        files: Every file that is named, by content id.
    """
    text = next(
        (given for given in (wishes.text, wishes.description) if given is not None), content_text
    )
    tags = " ".join(f"#{tag.lstrip('#')}" for tag in wishes.hashtags or () if tag.lstrip("#"))
    first = f"{text} {tags}".strip() if tags else text.strip()
    own = wishes.media if wishes.media is not None else content_media
    parts = [
        ComposedPart(
            text=first,
            title=content_title if wishes.title is None else wishes.title.strip(),
            media=_files(own, files, wishes.alt_text),
            thumbnail=files.get(wishes.thumbnail) if wishes.thumbnail is not None else None,
        )
    ]
    parts.extend(
        ComposedPart(text=part.text.strip(), media=_files(part.media, files, None))
        for part in wishes.thread or ()
    )
    comment = (wishes.first_comment or "").strip()
    if comment:
        parts.append(ComposedPart(text=comment, role="comment"))
    return tuple(parts)


def _files(
    wanted: tuple[MediaWish, ...], files: Mapping[UUID, MediaFile], alt_text: str | None
) -> tuple[MediaFile, ...]:
    return tuple(
        msgspec.structs.replace(file, alt_text=wish.alt_text or alt_text or file.alt_text)
        for wish in wanted
        if (file := files.get(wish.content_id)) is not None
    )


def _converted(given: dict[str, Any], kind: type[msgspec.Struct]) -> msgspec.Struct:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError:
        # A form and a command line have text for everything: "30" is a number where one is wanted.
        return msgspec.convert(given, kind, strict=False)


def read_options(platform: Platform, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Checks a network's own fields and gives them as they are stored.

    Raises:
        InvalidInput: A field is unknown or does not fit.
    """
    try:
        options = _converted(dict(given or {}), platform.options)
    except msgspec.ValidationError as error:
        fields = ", ".join(field.encode_name for field in msgspec.structs.fields(platform.options))
        raise InvalidInput(
            f"The options for {platform.title} do not fit: {error}. Known options: {fields or 'none'}.",
            details={"field": "options"},
        ) from error
    stored: dict[str, Any] = msgspec.to_builtins(options)
    return stored
