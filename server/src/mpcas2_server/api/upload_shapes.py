"""What an upload looks like on the wire: tus' headers in and out, and its state as JSON."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import format_datetime
from pathlib import PurePath
from typing import Annotated, Any, cast, get_args
from uuid import UUID

import msgspec

from mpcas2_core.content.kinds import MediaType
from mpcas2_core.content.rows import NewContent
from mpcas2_core.errors import InvalidInput
from mpcas2_core.uploads.rows import (
    Checksum,
    ChecksumAlgorithm,
    NewUpload,
    UploadRow,
    UploadState,
)
from mpcas2_server.wire import Moment, Output, optional

__all__ = (
    "EXTENSIONS",
    "TUS_VERSION",
    "Upload",
    "UploadRefusal",
    "checksum_of",
    "headers_of",
    "new_upload",
    "number_of",
    "shown",
)

TUS_VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"
MAX_METADATA = 256 * 1024
FIELDS = ("title", "type", "description", "text", "altText", "tags", "filename", "filetype")
# What the clients of the tus project send by themselves, and what says nothing here.
_IGNORED = frozenset({"name", "relativePath"})
_NUMBER = re.compile(r"[0-9]{1,18}")
_KEY = re.compile(r"[!-+\--~]+")


class UploadRefusal(Output, frozen=True, kw_only=True):
    """Why a whole file did not become content."""

    code: str
    message: Annotated[str, msgspec.Meta(description="What happened and what to do, for people.")]
    details: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Upload(Output, frozen=True, kw_only=True):
    """A file that is on its way, or what became of it."""

    id: UUID
    state: UploadState
    size: Annotated[int, msgspec.Meta(description="Bytes of the whole file.")]
    received: Annotated[int, msgspec.Meta(description="Bytes that are kept.")]
    busy: Annotated[
        bool,
        msgspec.Meta(description="Whether a request has it in hand: `received` may be behind."),
    ]
    file_name: str
    type: MediaType
    title: str
    created_at: Moment
    expires_at: Annotated[
        Moment, msgspec.Meta(description="When it is removed unless more bytes come.")
    ]
    content_id: UUID | msgspec.UnsetType = msgspec.UNSET
    refusal: UploadRefusal | msgspec.UnsetType = msgspec.UNSET


def shown(row: UploadRow) -> Upload:
    """Gives an upload as it is answered."""
    refusal = row.refusal
    return Upload(
        id=row.id,
        state=row.state,
        size=row.size,
        received=_offset(row),
        busy=row.held,
        file_name=row.file_name,
        type=cast("MediaType", row.content.type),
        title=row.content.title,
        created_at=row.created_at,
        expires_at=row.expires_at,
        content_id=optional(row.content_id),
        refusal=msgspec.UNSET
        if refusal is None
        else UploadRefusal(
            code=refusal.code,
            message=refusal.message,
            details=refusal.details or msgspec.UNSET,
        ),
    )


def headers_of(row: UploadRow) -> dict[str, str]:
    """Gives the headers that tell a tus client how an upload stands."""
    headers = {
        "tus-resumable": TUS_VERSION,
        "cache-control": "no-store",
        "upload-offset": str(_offset(row)),
        "upload-length": str(row.size),
        "upload-state": row.state,
    }
    if row.metadata:
        headers["upload-metadata"] = row.metadata
    if row.content_id is not None:
        headers["upload-content-id"] = str(row.content_id)
    if row.state == "receiving":
        # RFC 9110: a date of HTTP is in GMT.
        headers["upload-expires"] = format_datetime(row.expires_at.astimezone(UTC), usegmt=True)
    return headers


def _offset(row: UploadRow) -> int:
    # Of a refused file nothing is kept; a client that asks goes on from 0 and is told why.
    return {"receiving": row.received, "refused": 0}.get(row.state, row.size)


def number_of(headers: Mapping[str, str], name: str) -> int:
    """Reads a header that holds a count of bytes.

    Raises:
        InvalidInput: It is missing or no such count.
    """
    value = headers.get(name.lower(), "")
    if not _NUMBER.fullmatch(value):
        raise InvalidInput(
            f"{name} is {value!r}; it has to be a whole number of bytes."
            if value
            else f"{name} is missing. Send it as a whole number of bytes.",
            details={"header": name},
        )
    return int(value)


def checksum_of(headers: Mapping[str, str]) -> Checksum | None:
    """Reads ``Upload-Checksum``: the name of an algorithm and a digest in Base64.

    Raises:
        InvalidInput: It cannot be read, or the algorithm is not one of ours.
    """
    given = headers.get("upload-checksum")
    if given is None:
        return None
    name, _, text = given.partition(" ")
    if name not in get_args(ChecksumAlgorithm):
        raise InvalidInput(
            f"Upload-Checksum names {name[:20]!r}. Known are "
            f"{', '.join(get_args(ChecksumAlgorithm))}.",
            code="CHECKSUM_UNKNOWN",
            details={"header": "Upload-Checksum"},
        )
    try:
        digest = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput(
            "Upload-Checksum is not Base64. Send the digest's bytes in Base64, not in hexadecimal.",
            details={"header": "Upload-Checksum"},
        ) from None
    return Checksum(algorithm=cast("ChecksumAlgorithm", name), digest=digest)


def new_upload(headers: Mapping[str, str]) -> NewUpload:
    """Reads how an upload begins from the headers of its creation.

    Raises:
        InvalidInput: A header is missing or does not fit; ``details`` name it or the field.
    """
    if "upload-defer-length" in headers:
        raise InvalidInput(
            "Upload-Defer-Length is not supported: room for the whole file is kept from the start. "
            "Send Upload-Length.",
            details={"header": "Upload-Defer-Length"},
        )
    size = number_of(headers, "Upload-Length")
    raw = headers.get("upload-metadata", "")
    fields = _metadata(raw)
    name = fields.get("filename") or fields.get("name", "")
    content = NewContent(
        title=fields.get("title") or PurePath(name).stem,
        type=_media_type(fields, name),
        description=fields.get("description"),
        text=fields.get("text"),
        alt_text=fields.get("altText"),
        tags=_tags(fields.get("tags", "")),
    )
    return NewUpload(size=size, file_name=name, content=content, metadata=raw)


def _metadata(raw: str) -> dict[str, str]:
    if len(raw) > MAX_METADATA:
        raise _bad_metadata(f"is longer than {MAX_METADATA} bytes. Shorten the texts")
    fields: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in raw.split(","))):
        key, _, text = pair.partition(" ")
        if not _KEY.fullmatch(key) or key in fields:
            raise _bad_metadata(f"has the key {key[:40]!r} twice, or it is no key")
        if key not in FIELDS and key not in _IGNORED:
            raise _bad_metadata(f"has the unknown key {key[:40]!r}. Known are {', '.join(FIELDS)}")
        try:
            fields[key] = base64.b64decode(text.strip(), validate=True).decode()
        except ValueError:
            raise _bad_metadata(f"has a value for {key!r} that is no UTF-8 in Base64") from None
    return fields


def _media_type(fields: Mapping[str, str], name: str) -> MediaType:
    # Clients of the tus project send a MIME type as `type` or `filetype`.
    given = fields.get("type") or fields.get("filetype") or mimetypes.guess_type(name)[0] or ""
    if given in get_args(MediaType):
        return cast("MediaType", given)
    main = given.partition("/")[0]
    if given.count("/") == 1:
        return cast("MediaType", main if main in get_args(MediaType) else "document")
    raise InvalidInput(
        f"type is {given[:40]!r}. Send one of: {', '.join(get_args(MediaType))}. Text has no file "
        "and goes to POST /api/v1/content.",
        details={"field": "type"},
    )


def _tags(text: str) -> tuple[str, ...]:
    if not text.strip():
        return ()
    if not text.lstrip().startswith("["):
        return tuple(tag.strip() for tag in text.split(",") if tag.strip())
    try:
        return msgspec.json.decode(text, type=tuple[str, ...])
    except msgspec.DecodeError as error:
        raise InvalidInput(
            f"tags is no JSON array of texts ({error}).", details={"field": "tags"}
        ) from error


def _bad_metadata(what: str) -> InvalidInput:
    return InvalidInput(f"Upload-Metadata {what}.", details={"header": "Upload-Metadata"})
