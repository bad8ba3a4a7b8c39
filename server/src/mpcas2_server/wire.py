"""JSON and query strings, in and out: strict inputs, answers encoded straight to bytes."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse

from mpcas2_core.errors import InvalidInput, UnsupportedMedia

__all__ = (
    "Input",
    "Moment",
    "Output",
    "PageQuery",
    "Pagination",
    "answer",
    "decode_as",
    "given",
    "no_content",
    "optional",
    "pagination",
    "read_json",
    "read_query",
    "refuse_nul",
)

_T = TypeVar("_T")
_S = TypeVar("_S", bound=msgspec.Struct)

ENCODER = msgspec.json.Encoder()
JSON = "application/json"
MAX_QUERY_FIELDS = 50
MAX_PAGE = 1_000_000
_JSON_TYPE = re.compile(r'application/json(\s*;\s*charset="?utf-?8"?)?\s*', re.IGNORECASE)
_PLACE = re.compile(r"^(?P<text>.*?)(?: - at `(?:\$\.?|key in \$\.?)(?P<path>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(?P<fault>unknown|required) field `(?P<name>[^`]*)`")
_KEY_FAULTS = {
    "unknown": "It is not known here; check the spelling, or leave it out",
    "required": "It is missing",
}
_ESCAPED_NUL = b"\\u0000"


Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A moment in an answer: RFC 3339 in UTC."""


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Base of all that a client sends: camelCase, and unknown keys are refused."""


class Output(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of all that is answered: camelCase; what is absent is ``UNSET`` and left out."""


class PageQuery(Input, frozen=True, kw_only=True):
    """Which page of a list, counted from 1."""

    page: Annotated[
        int, msgspec.Meta(ge=1, le=MAX_PAGE, description="Number of the page, from 1.")
    ] = 1
    limit: Annotated[int, msgspec.Meta(ge=1, le=100, description="Rows of one page.")] = 20

    @property
    def offset(self) -> int:
        """How many rows lie before the page."""
        return (self.page - 1) * self.limit


class Pagination(Output, frozen=True, kw_only=True):
    """Where a page stands in the whole list."""

    page: int
    limit: int
    total: int
    total_pages: int


def pagination(query: PageQuery, total: int) -> Pagination:
    """Describes the page that was asked for in a list of so many rows."""
    pages = -(-total // query.limit)
    return Pagination(page=query.page, limit=query.limit, total=total, total_pages=pages)


def optional(value: _T | None) -> _T | msgspec.UnsetType:
    """Turns None into ``UNSET``, so that the key is left out of the answer."""
    return msgspec.UNSET if value is None else value


def answer(
    body: msgspec.Struct | bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> ASGIResponse:
    """Gives a JSON answer.

    Args:
        body: A Struct, or JSON that is encoded already.
        status: HTTP status.
        headers: Further headers.
    """
    content = body if isinstance(body, bytes) else ENCODER.encode(body)
    return ASGIResponse(
        body=content,
        status_code=status,
        media_type=JSON,
        headers=dict(headers) if headers else None,
    )


def no_content(headers: Mapping[str, str] | None = None) -> ASGIResponse:
    """Gives the answer 204, which has no body."""
    return ASGIResponse(status_code=204, headers=dict(headers) if headers else None)


def given(value: _T | msgspec.UnsetType) -> _T | None:
    """Turns ``UNSET``, which an absent key of an input is, into None."""
    return None if isinstance(value, msgspec.UnsetType) else value


async def read_json(
    request: Request[Any, Any, Any], kind: type[_S], *, empty_ok: bool = False
) -> _S:
    """Reads the request's body.

    Args:
        request: The request.
        kind: What the body must be.
        empty_ok: Whether no body at all stands for ``{}``.

    Raises:
        UnsupportedMedia: The body is not said to be JSON.
        InvalidInput: It is not JSON, or does not fit; ``details.field`` says where.
    """
    content_type = request.headers.get("content-type", "")
    if empty_ok and not content_type and not await request.body():
        return decode_as(b"{}", kind)
    if not _JSON_TYPE.fullmatch(content_type):
        raise UnsupportedMedia(
            f"The body is said to be {content_type or 'nothing'!r}. Send JSON in UTF-8 with "
            "`Content-Type: application/json`."
        )
    return decode_as(await request.body(), kind)


def decode_as(body: bytes, kind: type[_S]) -> _S:
    """Reads JSON strictly: ``"1"`` is no number, unknown keys and NUL characters are refused.

    Raises:
        InvalidInput: It is not JSON (``BAD_JSON``) or does not fit (``VALIDATION_ERROR``).
    """
    try:
        value: _S = _decoder(kind).decode(body)
        if _ESCAPED_NUL in body:
            refuse_nul(msgspec.json.decode(body))
    except msgspec.ValidationError as error:
        raise _misfit(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"The body is not valid JSON: {error}.", code="BAD_JSON") from error
    return value


def read_query(request: Request[Any, Any, Any], kind: type[_S]) -> _S:
    """Reads the query string.

    Args:
        request: The request.
        kind: A Struct with a field for each parameter that is known.

    Raises:
        InvalidInput: A parameter is unknown, given twice or does not fit.
    """
    raw: bytes = request.scope["query_string"]
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_QUERY_FIELDS,
        )
    except ValueError as error:
        raise InvalidInput(
            "The query string cannot be read. Percent-encode it as UTF-8."
        ) from error
    values = dict(pairs)
    if len(values) != len(pairs):
        twice = next(name for name in values if sum(each == name for each, _ in pairs) > 1)
        raise InvalidInput(f"{twice} is given more than once.", details={"field": twice})
    refuse_nul(values)
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _misfit(str(error)) from error


def refuse_nul(value: Any, place: str = "") -> None:
    """Refuses NUL characters, which the database cannot hold, anywhere in a value.

    Raises:
        InvalidInput: ``details.field`` says where.
    """
    if isinstance(value, str):
        if "\x00" in value:
            raise InvalidInput(
                "A text holds the NUL character, which cannot be stored. Take it out.",
                details={"field": place} if place else None,
            )
    elif isinstance(value, dict):
        for key, each in value.items():
            refuse_nul(key, place)
            refuse_nul(each, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            refuse_nul(each, f"{place}[{number}]")


@functools.cache
def _decoder(kind: type[_S]) -> msgspec.json.Decoder[_S]:
    return msgspec.json.Decoder(kind)


def _misfit(message: str) -> InvalidInput:
    # msgspec ends its messages with "- at `$.name`" and names a missing or unknown key in the text.
    match = _PLACE.match(message)
    text, path = (match["text"], match["path"] or "") if match else (message, "")
    named = _NAMED.search(text)
    if named:
        path = f"{path}.{named['name']}" if path else named["name"]
        text = _KEY_FAULTS[named["fault"]]
    return InvalidInput(
        f"{path}: {text}." if path else f"{text}.", details={"field": path} if path else None
    )
