"""Reads parameters as a Rails server does: nested names, from query, form, multipart or JSON."""

import io
import re
import urllib.parse
from collections.abc import Iterable
from typing import Any

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header
from starlette.requests import Request

from mpcas2_platform_mastodon.sandbox.refusals import Refused
from mpcas2_sandbox.files import FileDisk, StoredFile

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_PIECE = 1024 * 1024
_PART_LIMIT = 128 * 1024 * 1024
_MAX_PARTS = 64


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came in a multipart body.

    Args:
        file: Its bytes.
        name: Its file name; empty for none.
        media_type: What the client says it is; empty for nothing.
    """

    file: StoredFile
    name: str
    media_type: str


def nested(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Returns parameters with ``a[]`` as lists and ``a[b]`` as members.

    Raises:
        Refused: A name is broken, or says two things about the same parameter.
    """
    made: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.match(name)
        if match is None:
            raise Refused(400, f"Invalid query parameters: {name}")
        keys = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
        try:
            _put(made, keys, value)
        except TypeError as error:
            raise Refused(400, f"Invalid query parameters: {name}: {error}") from error
    return made


def _put(where: dict[str, Any], keys: list[str], value: Any) -> None:
    first, *rest = keys
    if not rest:
        if first in where and isinstance(where[first], (dict, list)):
            raise TypeError("expected a plain value")
        where[first] = value
    elif rest == [""]:
        found = where.setdefault(first, [])
        if not isinstance(found, list):
            raise TypeError("expected Array")
        found.append(value)
    else:
        inner = where.setdefault(first, {})
        if not isinstance(inner, dict) or not rest[0]:
            raise TypeError("expected Hash")
        _put(inner, rest, value)


async def read_parameters(request: Request, disk: FileDisk) -> dict[str, Any]:
    """Returns the parameters of query and body together; files as ``Upload``.

    Args:
        request: The request.
        disk: Where files are kept.

    Raises:
        Refused: The body cannot be read.
    """
    given = nested(urllib.parse.parse_qsl(request.url.query, keep_blank_values=True))
    body = await request.body()
    if not body:
        return given
    header = request.headers.get("content-type", "")
    kind = header.partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            return given | msgspec.json.decode(body, type=dict[str, Any])
        except ValueError as error:
            raise Refused(400, "Error occurred while parsing request parameters") from error
    if kind == "application/x-www-form-urlencoded":
        text = body.decode(errors="replace")
        return given | nested(urllib.parse.parse_qsl(text, keep_blank_values=True))
    if kind == "multipart/form-data":
        return given | nested(_parts(body, header, disk))
    # A Rails server reads no parameters from a body that it has no reader for.
    return given


def _parts(body: bytes, header: str, disk: FileDisk) -> list[tuple[str, Any]]:
    read: list[tuple[str, Any]] = []
    try:
        parser = MultipartParser(
            io.BytesIO(body),
            parse_options_header(header)[1].get("boundary", ""),
            content_length=len(body),
            memory_limit=_PART_LIMIT,
            disk_limit=_PART_LIMIT,
            spool_limit=_PIECE,
            partsize_limit=_PART_LIMIT,
            part_limit=_MAX_PARTS,
        )
        for part in parser:
            if part.filename is None and part.content_type in {None, "", "text/plain"}:
                read.append((part.name, part.raw.decode(errors="replace")))
                continue
            stored = disk.new_file()
            while piece := part.file.read(_PIECE):
                stored.append(piece)
            upload = Upload(
                file=stored, name=part.filename or "", media_type=part.content_type or ""
            )
            read.append((part.name, upload))
    except (MultipartError, ValueError) as error:
        raise Refused(400, f"bad content body: {error}") from error
    return read
