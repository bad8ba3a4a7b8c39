"""Reads the parameters of a call: from the query, a form, JSON, or a form with files."""

import io
import urllib.parse
from typing import Any

import msgspec
from multipart import MultipartError, MultipartParser, parse_options_header
from starlette.requests import Request

from mpcas2_platform_facebook.sandbox.errors import bad_parameter
from mpcas2_sandbox.files import FileDisk, StoredFile
from mpcas2_sandbox.oauth.forms import FORM_TYPE

_FIELD_LIMIT = 1024 * 1024
_FILE_LIMIT = 2 * 1024**3
_MOST_PARTS = 64
_CHUNK = 1024 * 1024

Files = dict[str, StoredFile]


async def read_parameters(request: Request, disk: FileDisk) -> tuple[dict[str, str], Files]:
    """Returns the parameters and the files of a request.

    Args:
        request: The request.
        disk: Where its files go.

    Raises:
        GraphError: The body cannot be read.
    """
    given = dict(request.query_params)
    body = await request.body()
    header = request.headers.get("content-type", "")
    kind = header.partition(";")[0].strip().lower()
    if not body:
        return given, {}
    if kind == FORM_TYPE:
        pairs = urllib.parse.parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
        return {**given, **dict(pairs)}, {}
    if kind == "application/json":
        try:
            members = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.MsgspecError:
            raise bad_parameter("The body is not a JSON object.") from None
        return {**given, **{name: _text(value) for name, value in members.items()}}, {}
    if kind == "multipart/form-data":
        fields, files = _parts(body, header, disk)
        return {**given, **fields}, files
    raise bad_parameter(f"A body of the type {kind or 'unknown'} cannot be read.")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _parts(body: bytes, header: str, disk: FileDisk) -> tuple[dict[str, str], Files]:
    fields: dict[str, str] = {}
    files: Files = {}
    try:
        parser = MultipartParser(
            io.BytesIO(body),
            parse_options_header(header)[1].get("boundary", ""),
            content_length=len(body),
            spool_limit=_FIELD_LIMIT,
            memory_limit=_MOST_PARTS * _FIELD_LIMIT,
            disk_limit=_FILE_LIMIT,
            part_limit=_MOST_PARTS,
        )
        for part in parser:
            if part.filename is None:
                fields[part.name] = part.value
                continue
            stored = files[part.name] = disk.new_file()
            while data := part.file.read(_CHUNK):
                stored.append(data)
    except (MultipartError, ValueError) as error:
        raise bad_parameter(f"The body is no multipart/form-data: {error}") from error
    return fields, files
