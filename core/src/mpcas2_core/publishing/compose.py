"""Turns content and per-account wishes into the parts of a post, and judges them by the limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import regex

from mpcas2_core.content.rows import MediaFile
from mpcas2_core.errors import InvalidInput
from mpcas2_hookspecs import Limits, Platform, TextRule

__all__ = (
    "ComposedPart",
    "MediaWish",
    "PostMetadata",
    "Problem",
    "ThreadPart",
    "check",
    "compose",
    "measure",
    "merge",
    "read_options",
)

GRAPHEME = regex.compile(r"\X")


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
        title: Used where a network has titles.
        description: The text, where ``text`` is absent.
        hashtags: Appended to the text, with or without ``#``.
        alt_text: Alternative text of the content's own file.
        media: Files instead of the content's own one, in order.
        thread: The later posts of a thread.
        options: The network's own fields; their JSON schema comes with ``GET /platforms``.
    """

    text: str | None = None
    title: str | None = None
    description: str | None = None
    hashtags: tuple[str, ...] | None = None
    alt_text: str | None = None
    media: tuple[MediaWish, ...] | None = None
    thread: tuple[ThreadPart, ...] | None = None
    options: dict[str, Any] | None = None


class ComposedPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part, ready to be stored."""

    text: str
    media: tuple[MediaFile, ...]


class Problem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One reason why a post cannot be published as it is."""

    field: str
    message: str
    social_account_id: UUID | None = None


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
    content_media: tuple[MediaWish, ...],
    files: Mapping[UUID, MediaFile],
) -> tuple[ComposedPart, ...]:
    """Builds the parts.

    Args:
        wishes: Merged wishes for one account.
        content_text: What the content says when the wishes are silent.
        content_media: The content's own file, if it has one.
        files: Every file that is named, by content id.
    """
    text = next(
        (given for given in (wishes.text, wishes.description) if given is not None), content_text
    )
    tags = " ".join(f"#{tag.lstrip('#')}" for tag in wishes.hashtags or () if tag.lstrip("#"))
    first = f"{text} {tags}".strip() if tags else text.strip()
    own = wishes.media if wishes.media is not None else content_media
    parts = [ComposedPart(text=first, media=_files(own, files, wishes.alt_text))]
    parts.extend(
        ComposedPart(text=part.text.strip(), media=_files(part.media, files, None))
        for part in wishes.thread or ()
    )
    return tuple(parts)


def _files(
    wanted: tuple[MediaWish, ...], files: Mapping[UUID, MediaFile], alt_text: str | None
) -> tuple[MediaFile, ...]:
    return tuple(
        msgspec.structs.replace(file, alt_text=wish.alt_text or alt_text or file.alt_text)
        for wish in wanted
        if (file := files.get(wish.content_id)) is not None
    )


def measure(text: str, rule: TextRule) -> int:
    """Counts a text the way the network does."""
    if rule.unit == "graphemes":
        return sum(1 for _ in GRAPHEME.finditer(text))
    if rule.unit == "utf16":
        return len(text.encode("utf-16-le", "surrogatepass")) // 2
    if rule.unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text)


def check(parts: tuple[ComposedPart, ...], limits: Limits, title: str) -> list[Problem]:
    """Judges parts by a network's limits.

    Args:
        parts: What is to be posted.
        limits: What the account's network accepts.
        title: The network's name, for the messages.

    Returns:
        Every problem, in the order of the parts; empty when the post fits.
    """
    problems: list[Problem] = []
    if len(parts) > limits.max_parts:
        most = "no threads" if limits.max_parts == 1 else f"at most {limits.max_parts} posts"
        problems.append(
            Problem(
                field="thread",
                message=f"{title} takes {most} in one thread; this has {len(parts)}.",
            )
        )
    for index, part in enumerate(parts):
        prefix = "" if index == 0 else f"thread[{index - 1}]."
        problems.extend(_check_text(part, limits, title, prefix))
        problems.extend(_check_media(part, limits, title, prefix))
    return problems


def _check_text(part: ComposedPart, limits: Limits, title: str, prefix: str) -> list[Problem]:
    rule, field = limits.text, f"{prefix}text"
    length = measure(part.text, rule)
    if not part.text and (rule.required or not part.media):
        return [Problem(field=field, message=f"A post on {title} needs text.")]
    if length > rule.max_length:
        return [
            Problem(
                field=field,
                message=f"The text has {length} {_unit(rule)}, {title} takes {rule.max_length}. "
                f"Shorten it by {length - rule.max_length}.",
            )
        ]
    size = len(part.text.encode("utf-8", "surrogatepass"))
    if rule.max_bytes is not None and size > rule.max_bytes:
        return [
            Problem(
                field=field,
                message=f"The text has {size} bytes in UTF-8, {title} takes {rule.max_bytes}.",
            )
        ]
    return []


def _check_media(part: ComposedPart, limits: Limits, title: str, prefix: str) -> list[Problem]:
    problems: list[Problem] = []
    field = f"{prefix}media"
    rules = {rule.kind: rule for rule in limits.media}
    kinds = {file.kind for file in part.media}
    if not part.media and limits.requires_media:
        problems.append(
            Problem(field=field, message=f"A post on {title} needs a picture or video.")
        )
    if len(kinds) > 1 and not limits.mixes_media:
        message = f"{title} does not take {' and '.join(sorted(kinds))} in one post."
        problems.append(Problem(field=field, message=message))
    for kind in sorted(kinds):
        files = [file for file in part.media if file.kind == kind]
        rule = rules.get(kind)
        if rule is None:
            takes = ", ".join(rules) or "no files"
            message = f"{title} does not take {kind} files here; it takes: {takes}."
            problems.append(Problem(field=field, message=message))
            continue
        if len(files) > rule.max_count:
            message = (
                f"{title} takes {rule.max_count} {kind} files in one post; this has {len(files)}."
            )
            problems.append(Problem(field=field, message=message))
        for index, file in enumerate(files):
            place = f"{field}[{index}]"
            if file.mime_type not in rule.mime_types:
                message = f"{title} does not take {file.mime_type}; it takes {', '.join(rule.mime_types)}."
                problems.append(Problem(field=place, message=message))
            if file.size > rule.max_bytes:
                message = (
                    f"The file has {file.size} bytes, {title} takes {rule.max_bytes}. "
                    "Upload a smaller one."
                )
                problems.append(Problem(field=place, message=message))
            if len(file.alt_text) > rule.alt_text_max_length:
                message = (
                    f"The alternative text has {len(file.alt_text)} characters, {title} takes "
                    f"{rule.alt_text_max_length}."
                )
                problems.append(Problem(field=f"{place}.altText", message=message))
    return problems


def _unit(rule: TextRule) -> str:
    return {"graphemes": "characters", "codepoints": "characters", "utf16": "UTF-16 units"}.get(
        rule.unit, rule.unit
    )


def read_options(platform: Platform, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Checks a network's own fields and gives them as they are stored.

    Raises:
        InvalidInput: A field is unknown or does not fit.
    """
    try:
        options = msgspec.convert(dict(given or {}), platform.options)
    except msgspec.ValidationError as error:
        fields = ", ".join(field.encode_name for field in msgspec.structs.fields(platform.options))
        raise InvalidInput(
            f"The options for {platform.title} do not fit: {error}. Known options: {fields or 'none'}.",
            details={"field": "options"},
        ) from error
    stored: dict[str, Any] = msgspec.to_builtins(options)
    return stored
