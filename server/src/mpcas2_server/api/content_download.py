"""Sends a file that may be asked for in parts: ranges, validators and safe headers (RFC 9110).

A file is named by the hash of its bytes, which makes its entity tag: the bytes behind one tag never
change, so a download can go on after any break.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

from mpcas2_server.errors import error_answer
from mpcas2_server.requests import wants_no_body

__all__ = ("Download", "byte_range", "send_file")

_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be sent.

    Attributes:
        sha256: SHA-256 of its bytes.
        size: Size in bytes.
        mime_type: Its MIME type.
        name: Name to save it under; empty for none.
        inline: Whether a browser may show it instead of saving it.
        cache: The header Cache-Control.
        policy: The header Content-Security-Policy; empty for the one of all answers.
    """

    sha256: str
    size: int
    mime_type: str
    name: str = ""
    inline: bool = False
    cache: str = "private, no-cache"
    policy: str = ""


def send_file(
    request: Request[Any, Any, Any],
    file: Download,
    read: Callable[[int, int], AsyncIterator[bytes]],
) -> ASGIResponse:
    """Answers with the file, the part of it that is asked for, or that it did not change.

    One range is served; of several at once, which nothing that plays or resumes asks for, none is,
    and the whole file comes instead.

    Args:
        request: The request; its headers ``Range``, ``If-Range`` and ``If-None-Match`` are heeded.
        file: What is sent.
        read: Reads from a byte on, so many bytes.
    """
    tag = f'"{file.sha256}"'
    headers = _headers(file, tag)
    known = request.headers.get("if-none-match", "")
    if tag in known or known.strip() == "*":
        return ASGIResponse(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    asked = request.headers.get("range", "")
    if request.headers.get("if-range", tag).strip() != tag:
        # A part of other bytes would not fit what the client has.
        asked = ""
    try:
        found = byte_range(asked, file.size)
    except ValueError:
        return error_answer(
            request,
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            "RANGE_NOT_SATISFIABLE",
            f"The file has {file.size} bytes; {asked!r} asks for none of them.",
            headers={"content-range": f"bytes */{file.size}"},
        ).to_asgi_response(None, request)
    start, length = found or (0, file.size)
    if found:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{file.size}"
    headers["content-length"] = str(length)
    return ASGIStreamingResponse(
        iterator=_nothing() if wants_no_body(request.scope) else read(start, length),
        status_code=HTTPStatus.PARTIAL_CONTENT if found else HTTPStatus.OK,
        media_type=file.mime_type,
        headers=headers,
    )


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Reads the header ``Range``.

    Args:
        header: Its value; empty for none.
        size: Size of the file.

    Returns:
        First byte and number of bytes; None where the whole file is to be sent.

    Raises:
        ValueError: The range lies wholly behind the end.
    """
    match = _RANGE.fullmatch(header)
    if match is None or match.groups() == ("", ""):
        # Another unit, several ranges or nonsense: to be passed over.
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size, size - 1)
        if last and int(last) < start:
            return None
    if start > end:
        raise ValueError(header)
    return start, end - start + 1


def _headers(file: Download, tag: str) -> dict[str, str]:
    headers: Mapping[str, str] = {
        "etag": tag,
        "accept-ranges": "bytes",
        "cache-control": file.cache,
        "content-disposition": _disposition(file),
        "x-content-type-options": "nosniff",
        "content-security-policy": file.policy,
    }
    return {name: value for name, value in headers.items() if value}


def _disposition(file: Download) -> str:
    kind = "inline" if file.inline else "attachment"
    if not file.name:
        return kind
    # RFC 6266: a plain name for old clients, the true one beside it.
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%' else "_"
        for letter in file.name
    )
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}"
