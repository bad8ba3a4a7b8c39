"""What ``stage`` leaves for ``publish``, ``find`` and ``poll``, and how two texts are compared."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from mpcas2_hookspecs import Staged

__all__ = ("FILMS", "POST", "Handle", "Kind", "StagedPart", "same_words")

Kind = Literal["feed", "photo-story", "video", "reel", "video-story", "comment"]
POST = "post"
"""Names the id of the post or comment in the journal, once Facebook has told it."""

FILMS = frozenset({"video", "reel", "video-story"})
"""Kinds that have a film, whose status tells whether it was published."""


class StagedPart(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One part, ready for its one irreversible request.

    Attributes:
        kind: What it will be.
        path: Where the request goes, below the version.
        form: What it says.
        since: When the part was first staged; what is public cannot be older.
        photos: Ids of the pictures.
        film: Id of the film; empty when there is none.
        warnings: What will not be as wished, in sentences for the person.
    """

    kind: Kind
    path: str
    form: dict[str, str]
    since: datetime
    photos: list[str] = []
    film: str = ""
    warnings: list[str] = []

    @property
    def text(self) -> str:
        """What the post or comment says."""
        return self.form.get("message", "")

    def stored(self) -> Staged:
        """Gives it as the engine keeps it."""
        return Staged(data=msgspec.to_builtins(self))

    @staticmethod
    def read(staged: Staged) -> StagedPart:
        """Reads it as the engine kept it."""
        return msgspec.convert(staged.data, StagedPart)


class Handle(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What ``poll`` asks with.

    Attributes:
        kind: What it is.
        post: Id of the post or comment; empty while only its film is known.
        film: Id of the film; empty when there is none.
        warnings: As in :class:`StagedPart`.
    """

    kind: Kind
    post: str = ""
    film: str = ""
    warnings: list[str] = []

    def stored(self) -> dict[str, Any]:
        """Gives it as the engine keeps it."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data

    @staticmethod
    def read(handle: Mapping[str, Any]) -> Handle:
        """Reads it as the engine kept it."""
        return msgspec.convert(dict(handle), Handle)


def same_words(one: str, other: str) -> bool:
    """Compares texts as Facebook shows them: it trims a text, and may join blanks."""
    return _words(one) == _words(other)


def _words(text: str) -> list[str]:
    return unicodedata.normalize("NFC", text).split()
