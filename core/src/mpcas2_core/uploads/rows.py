"""The shapes of uploads: what begins one, what is known of it, and how it is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

import msgspec

from mpcas2_core.content.rows import ContentFile, NewContent
from mpcas2_core.errors import EngineError

__all__ = (
    "Checksum",
    "ChecksumAlgorithm",
    "ChecksumMismatch",
    "NewUpload",
    "Refusal",
    "UploadGone",
    "UploadLocked",
    "UploadRow",
    "UploadState",
)

UploadState = Literal["receiving", "checking", "done", "refused"]
ChecksumAlgorithm = Literal["md5", "sha1", "sha256"]


class UploadLocked(EngineError):
    """Another request writes to the upload, or checks it; ``retryAfter`` is in seconds."""

    status: ClassVar[int] = 423
    default_code = "UPLOAD_LOCKED"


class UploadGone(EngineError):
    """The upload was there and was refused: it takes no more bytes."""

    status: ClassVar[int] = 410
    default_code = "UPLOAD_REFUSED"


class ChecksumMismatch(EngineError):
    """The bytes are not those whose checksum was sent; none of them were kept. 460 is tus' own."""

    status: ClassVar[int] = 460
    default_code = "CHECKSUM_MISMATCH"


class Checksum(msgspec.Struct, frozen=True, kw_only=True):
    """What the bytes of one request have to hash to."""

    algorithm: ChecksumAlgorithm
    digest: bytes


class NewUpload(msgspec.Struct, frozen=True, kw_only=True):
    """How an upload begins.

    Attributes:
        size: Bytes of the whole file, 1 or more.
        file_name: Name that its sender gave it.
        content: The content that it becomes.
        metadata: tus' ``Upload-Metadata`` as it came.
    """

    size: int
    file_name: str
    content: NewContent
    metadata: str


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a file that came in whole did not become content: an error of the engine, kept."""

    status: int
    code: str
    message: str
    details: dict[str, Any] = {}


class UploadRow(msgspec.Struct, frozen=True, kw_only=True):
    """An upload as it stands.

    Attributes:
        id: Its id.
        user_id: Who began it.
        size: Bytes of the whole file.
        file_name: Name of the file.
        content: The content that it becomes.
        metadata: tus' ``Upload-Metadata`` as it came.
        state: Receiving; checking, once all bytes are there; done; or refused.
        received: Bytes that are kept.
        held: Whether somebody writes or checks at this moment.
        left_held: Whether whoever did so last was killed: ``received`` may be behind the store.
        file: The checked file, from shortly before it is placed.
        content_id: The content that was made of it.
        refusal: Why it was refused.
        created_at: When it began.
        expires_at: When it is removed unless more bytes come.
    """

    id: UUID
    user_id: UUID
    size: int
    file_name: str
    content: NewContent
    metadata: str
    state: UploadState
    received: int
    held: bool
    left_held: bool
    file: ContentFile | None
    content_id: UUID | None
    refusal: Refusal | None
    created_at: datetime
    expires_at: datetime
