"""Reads the multipart form of an upload (RFC 7578) without copying the file in it."""

import re
from collections.abc import Iterator

import msgspec

_BOUNDARY = re.compile(r'boundary="?([^";]{1,70})"?', re.IGNORECASE)
_NAME = re.compile(r'[; ]name="([^"]*)"')
_END_OF_HEAD = b"\r\n\r\n"


class MalformedFormError(ValueError):
    """The body is no multipart form."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form.

    Args:
        name: Its name.
        content: Its bytes, a view of the body.
        is_file: Whether it came with a file's name.
    """

    name: str
    content: memoryview
    is_file: bool

    @property
    def text(self) -> str:
        """The content as text."""
        return bytes(self.content).decode(errors="replace")


def read_parts(content_type: str, body: bytes) -> Iterator[Part]:
    """Yields the fields of a form in their order.

    Args:
        content_type: The Content-Type header.
        body: The request's body.

    Raises:
        MalformedFormError: It is none.
    """
    named = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/form-data") or named is None:
        raise MalformedFormError("the content type is not multipart/form-data with a boundary")
    mark = b"--" + named[1].encode()
    at = 0 if body.startswith(mark) else body.find(b"\r\n" + mark) + 2
    if not body.startswith(mark, at):
        raise MalformedFormError("the boundary is nowhere in the body")
    view = memoryview(body)
    while not body.startswith(mark + b"--", at):
        start = body.find(_END_OF_HEAD, at)
        end = body.find(b"\r\n" + mark, start)
        if start < 0 or end < 0:
            raise MalformedFormError("the body ends within a field")
        head = body[at + len(mark) : start].decode(errors="replace")
        name = _NAME.search(head)
        if name is None:
            raise MalformedFormError("a field has no name")
        content = view[start + len(_END_OF_HEAD) : end]
        yield Part(name=name[1], content=content, is_file='filename="' in head)
        at = end + 2
