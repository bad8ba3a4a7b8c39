"""What a route takes and gives, as data on its handler: the OpenAPI document is made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

__all__ = ("Doc", "Tag")

Tag = Literal[
    "Authentication",
    "Content",
    "Social Accounts",
    "Publishing",
    "Platforms",
    "Health",
]


class Doc(msgspec.Struct, frozen=True, kw_only=True):
    """The description of one route. A handler carries it as ``doc=Doc(...)``.

    Attributes:
        tag: Heading in the document.
        summary: What it does, in a few words.
        description: What else a reader needs; Markdown.
        answers: Body by status for success; several where it depends on the request; a media type for
            a body that is no JSON, None for none.
        errors: What may go wrong: a sentence by status. 401, 413, 415 and 500 are added where they
            can happen.
        query: Struct of the query string.
        body: Struct of the JSON body.
        form: JSON schema of a multipart body.
        example: Example of the JSON body.
        public: True when no sign-in is needed.
    """

    tag: Tag
    summary: str
    description: str = ""
    answers: Mapping[int, type[msgspec.Struct] | tuple[type[msgspec.Struct], ...] | str | None] = {}
    errors: Mapping[int, str] = {}
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    form: dict[str, Any] | None = None
    example: dict[str, Any] | None = None
    public: bool = False
