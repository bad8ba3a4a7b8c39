"""Reads ``multipart/form-data`` as it arrives: fields into memory, one file onward chunk by chunk.

The form is RFC 7578. Nothing is spooled and nothing grows with the file: what the network gives is
handed on before more is asked for.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection

import msgspec
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from mpcas2_core.errors import InvalidInput, TooLarge

__all__ = ("FILE_FIELD", "Form", "is_form", "read_form")

FORM = "multipart/form-data"
FILE_FIELD = "file"
# All fields together, so that many of them cannot fill the memory that one may not.
MAX_FIELD_BYTES = 1_000_000
MAX_PARTS = 150
MAX_HEADERS = 8
MAX_HEADER_BYTES = 4096
MAX_BOUNDARY = 70
# What a form may hold beyond its file and its fields: boundaries, headers, a preamble.
MAX_OVERHEAD = 1_000_000
_PLAIN = frozenset({"", "7bit", "8bit", "binary"})
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form that was read whole.

    Attributes:
        fields: Texts by name, in their order.
        has_file: Whether a file came; an empty choice of a browser is none.
        file_name: Name that its sender gave it, as it came.
    """

    fields: dict[str, list[str]]
    has_file: bool
    file_name: str | None


def is_form(content_type: str) -> bool:
    """Says whether a Content-Type promises a form."""
    return content_type.partition(";")[0].strip().lower() == FORM


async def read_form(
    chunks: AsyncIterator[bytes],
    content_type: str,
    write: Callable[[bytes], Awaitable[None]],
    *,
    names: Collection[str],
    repeatable: Collection[str],
    max_file_bytes: int,
    content_length: int | None = None,
) -> Form:
    """Reads a form, handing the bytes of its file on as they come.

    Args:
        chunks: The body.
        content_type: The request's header, with the boundary.
        write: Takes the bytes of the file.
        names: Text fields that are known.
        repeatable: Those that may come more than once.
        max_file_bytes: Greatest size of the file.
        content_length: Size of the body, where the client said it.

    Raises:
        InvalidInput: The form is broken, cut off, or holds what does not belong there.
        TooLarge: The file or the fields are larger than they may be.
    """
    most = max_file_bytes + MAX_FIELD_BYTES + MAX_OVERHEAD
    if content_length is not None and content_length > most:
        raise _file_too_large(max_file_bytes)
    reader = _FormReader(write, names, repeatable, max_file_bytes)
    received = 0
    try:
        with PushMultipartParser(
            _boundary(content_type),
            max_header_size=MAX_HEADER_BYTES,
            max_header_count=MAX_HEADERS,
            max_segment_count=MAX_PARTS,
        ) as parser:
            async for chunk in chunks:
                received += len(chunk)
                if received > most:
                    raise _file_too_large(max_file_bytes)
                if not chunk:
                    break
                for event in parser.parse(chunk):
                    if isinstance(event, MultipartSegment):
                        reader.begin(event)
                    elif event is None:
                        reader.end()
                    else:
                        await reader.take(event)
    except MultipartError as error:
        raise InvalidInput(
            f"The multipart body is broken or cut off: {error}. Let an HTTP library build it, and "
            "send it whole.",
            code="MULTIPART_INVALID",
        ) from error
    return reader.form()


class _FormReader:
    """Collects one form from the parser's events."""

    def __init__(
        self,
        write: Callable[[bytes], Awaitable[None]],
        names: Collection[str],
        repeatable: Collection[str],
        max_file_bytes: int,
    ) -> None:
        self._write = write
        self._names = names
        self._repeatable = repeatable
        self._max_file_bytes = max_file_bytes
        self._fields: dict[str, list[str]] = {}
        self._field_bytes = 0
        self._name = ""
        self._text = bytearray()
        self._file_parts = 0
        self._file_name: str | None = None
        self._file_bytes = 0

    def begin(self, part: MultipartSegment) -> None:
        """Judges the headers of a part."""
        self._name = part.name or ""
        encoding = str(part.header("Content-Transfer-Encoding", "")).strip().lower()
        if encoding not in _PLAIN:
            raise _broken(self._name, f"is sent as {encoding}. Send its bytes as they are.")
        if self._name == FILE_FIELD:
            self._file_parts += 1
            if self._file_parts > 1:
                raise _broken(FILE_FIELD, "comes more than once. Send one file in one request.")
            self._file_name = part.filename
            return
        if self._name not in self._names:
            known = ", ".join([FILE_FIELD, *self._names])
            raise _broken(self._name, f"is not a known field. Known are: {known}.")
        if part.filename is not None:
            raise _broken(self._name, f"holds a file. The file belongs into {FILE_FIELD!r}.")
        if self._name in self._fields and self._name not in self._repeatable:
            raise _broken(self._name, "comes more than once. Send it once.")
        if (part.charset or "").strip().lower() not in _CHARSETS:
            raise _broken(self._name, f"is in {part.charset}. Send text in UTF-8.")

    async def take(self, data: bytes) -> None:
        """Takes bytes of the part that was begun."""
        if self._name == FILE_FIELD:
            self._file_bytes += len(data)
            if self._file_bytes > self._max_file_bytes:
                raise _file_too_large(self._max_file_bytes)
            await self._write(data)
            return
        self._field_bytes += len(data)
        if self._field_bytes > MAX_FIELD_BYTES:
            raise TooLarge(
                "The text fields together are larger than 1 MB. Shorten them.",
                details={"field": self._name, "maxBytes": MAX_FIELD_BYTES},
            )
        self._text += data

    def end(self) -> None:
        """Ends the part that was begun."""
        if self._name == FILE_FIELD:
            return
        try:
            text = self._text.decode()
        except UnicodeDecodeError:
            raise _broken(self._name, "is not UTF-8. Send text in UTF-8.") from None
        self._text = bytearray()
        self._fields.setdefault(self._name, []).append(text)

    def form(self) -> Form:
        """Gives what was collected."""
        return Form(
            fields=self._fields,
            # A form in which nobody chose a file still has the part, without a name and empty.
            has_file=self._file_parts > 0 and bool(self._file_name or self._file_bytes),
            file_name=self._file_name,
        )


def _boundary(content_type: str) -> str:
    boundary: str = parse_options_header(content_type)[1].get("boundary", "")
    if not 0 < len(boundary) <= MAX_BOUNDARY or not boundary.isascii():
        raise InvalidInput(
            "Content-Type has no usable boundary. Let an HTTP library set it: "
            "`multipart/form-data; boundary=…` with 1 to 70 characters.",
            code="MULTIPART_INVALID",
            details={"header": "Content-Type"},
        )
    return boundary


def _broken(field: str, message: str) -> InvalidInput:
    return InvalidInput(f"{field or 'A part without a name'} {message}", details={"field": field})


def _file_too_large(most: int) -> TooLarge:
    return TooLarge(
        f"The file is larger than this installation takes ({most} bytes). Send a smaller one, or "
        "let the operator raise MPCAS2_MAX_UPLOAD_BYTES.",
        code="FILE_TOO_LARGE",
        details={"field": FILE_FIELD, "maxBytes": most},
    )
