"""Forms that carry files of any size, in constant memory.

``multipart/form-data`` (RFC 7578) with its length told beforehand. HTTP clients that are handed a stream
for a form's file either hold it whole or send it in chunks, which upload hosts refuse.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence

import msgspec

__all__ = ("FormBody", "FormFile", "form_with_files")


class FormFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a form.

    Attributes:
        name: Name of the form's field.
        file_name: What the file is called.
        mime_type: Its MIME type.
        size: Its length in bytes; the content has to have exactly that.
        content: Its bytes in chunks, such as :meth:`PublishContext.open_media` gives them.
    """

    name: str
    file_name: str
    mime_type: str
    size: int
    content: AsyncIterator[bytes]


class FormBody(msgspec.Struct, frozen=True, kw_only=True):
    """A form, ready to be sent once.

    Attributes:
        headers: ``Content-Type`` and ``Content-Length``.
        content: The body in chunks.
    """

    headers: dict[str, str]
    content: AsyncIterator[bytes]


def form_with_files(fields: Mapping[str, str], files: Sequence[FormFile]) -> FormBody:
    """Makes a form of plain fields and files, in this order.

    Args:
        fields: Names and values.
        files: What comes behind them.
    """
    boundary = secrets.token_hex(16)
    plain = b"".join(
        _head(boundary, f'name="{_quoted(name)}"') + value.encode() + b"\r\n"
        for name, value in fields.items()
    )
    heads = [
        _head(
            boundary,
            f'name="{_quoted(file.name)}"; filename="{_quoted(file.file_name)}"',
            file.mime_type,
        )
        for file in files
    ]
    end = f"--{boundary}--\r\n".encode()
    length = len(plain) + len(end)
    length += sum(len(head) + file.size + 2 for head, file in zip(heads, files, strict=True))

    async def content() -> AsyncIterator[bytes]:
        yield plain
        for head, file in zip(heads, files, strict=True):
            yield head
            async for chunk in file.content:
                yield chunk
            yield b"\r\n"
        yield end

    return FormBody(
        headers={
            "content-type": f"multipart/form-data; boundary={boundary}",
            "content-length": str(length),
        },
        content=content(),
    )


def _head(boundary: str, disposition: str, mime_type: str = "") -> bytes:
    kind = f"content-type: {mime_type}\r\n" if mime_type else ""
    text = f"--{boundary}\r\ncontent-disposition: form-data; {disposition}\r\n{kind}\r\n"
    return text.encode()


def _quoted(name: str) -> str:
    """Escapes what would end the name early, as browsers do (WHATWG HTML, 4.10.21.8)."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
