"""Judges what people write into content, before anything is stored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from mpcas2_core.content.rows import ContentChange, ContentRow, NewContent
from mpcas2_core.errors import InvalidInput

__all__ = ("changed", "checked", "file_name")

MAX_TITLE = 500
MAX_TEXT = 100_000
MAX_DESCRIPTION = 10_000
MAX_ALT_TEXT = 10_000
MAX_TAGS = 100
MAX_TAG = 100
MAX_FILE_NAME = 255
UNNAMED = "file"


def checked(new: NewContent, *, has_file: bool) -> NewContent:
    """Judges new content and gives it tidied.

    Args:
        new: What was given.
        has_file: Whether a file came with it.

    Raises:
        InvalidInput: What does not fit; ``details`` name the field.
    """
    tidy = NewContent(
        title=_title(new.title),
        type=new.type,
        description=_long("description", new.description, MAX_DESCRIPTION),
        text=_long("text", new.text, MAX_TEXT),
        alt_text=_long("altText", new.alt_text, MAX_ALT_TEXT),
        tags=_tags(new.tags),
    )
    if new.type == "text":
        if has_file:
            raise _invalid(
                "file",
                'Content of type "text" has no file. Leave the file out, or name the file\'s type: '
                "video, image, audio or document.",
            )
        if tidy.text is None:
            raise _invalid("text", 'Content of type "text" needs a text.')
    elif not has_file:
        raise _invalid(
            "file", f'Content of type "{new.type}" needs a file. Send one, or use type "text".'
        )
    return tidy


def changed(row: ContentRow, change: ContentChange) -> ContentRow:
    """Gives content with a change made to it.

    Raises:
        InvalidInput: What does not fit; ``details`` name the field.
    """
    updates: dict[str, object] = {}
    if change.title is not msgspec.UNSET:
        updates["title"] = _title(change.title)
    if change.description is not msgspec.UNSET:
        updates["description"] = _long("description", change.description, MAX_DESCRIPTION)
    if change.text is not msgspec.UNSET:
        updates["text"] = _long("text", change.text, MAX_TEXT)
        if row.type == "text" and updates["text"] is None:
            raise _invalid("text", 'Content of type "text" needs a text.')
    if change.alt_text is not msgspec.UNSET:
        updates["alt_text"] = _long("altText", change.alt_text, MAX_ALT_TEXT)
    if change.tags is not msgspec.UNSET:
        updates["tags"] = _tags(change.tags)
    if change.status is not msgspec.UNSET:
        updates["status"] = change.status
    return msgspec.structs.replace(row, **updates)


def file_name(given: str | None) -> str:
    """Makes a name that is safe to show and to save under: no folders, no control characters."""
    name = re.split(r"[\\/]", given or "")[-1]
    # Direction marks and the like make "gpj.exe" look like "exe.jpg".
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    name = name.strip().lstrip(".")
    if len(name.encode()) > MAX_FILE_NAME:
        stem, dot, ending = name.rpartition(".")
        keep = f"{dot}{ending}" if stem and len(ending) <= 10 else ""  # noqa: PLR2004 - no known file ending is longer
        name = name.encode()[: MAX_FILE_NAME - len(keep.encode())].decode(errors="ignore") + keep
    return name or UNNAMED


def _title(value: str) -> str:
    title = _storable("title", value).strip()
    if not title:
        raise _invalid("title", "The title is empty. Give it at least one character.")
    if len(title) > MAX_TITLE:
        raise _invalid(
            "title", f"The title has {len(title)} characters; {MAX_TITLE} is the most. Shorten it."
        )
    return title


def _long(field: str, value: str | None, most: int) -> str | None:
    if value is None or not value.strip():
        return None
    if len(value) > most:
        raise _invalid(
            field, f"{field} has {len(value)} characters; {most} is the most. Shorten it."
        )
    return _storable(field, value)


def _tags(values: Sequence[str]) -> tuple[str, ...]:
    if len(values) > MAX_TAGS:
        raise _invalid("tags", f"There are {len(values)} tags; {MAX_TAGS} is the most.")
    tags: dict[str, None] = {}
    for value in values:
        tag = _storable("tags", value).strip()
        if not tag or len(tag) > MAX_TAG:
            raise _invalid("tags", f"A tag has 1 to {MAX_TAG} characters; one has {len(tag)}.")
        tags[tag] = None
    return tuple(tags)


def _storable(field: str, value: str) -> str:
    if "\x00" in value:
        raise _invalid(
            field, f"{field} holds a NUL character, which cannot be stored. Take it out."
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _invalid(
            field, f"{field} holds half of a character (a lone surrogate). Take it out."
        ) from None
    return value


def _invalid(field: str, message: str) -> InvalidInput:
    return InvalidInput(message, details={"field": field})
