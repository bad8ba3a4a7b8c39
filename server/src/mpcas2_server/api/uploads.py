"""``/uploads``: files of any size over several requests, after the tus protocol 1.0.0 (https://tus.io).

The core protocol and the extensions creation, creation-with-upload, checksum, termination and
expiration. HEAD is answered by the handler of GET, hence the headers on both.
"""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import msgspec
from litestar import Controller, HttpMethod, Request, Response, delete, get, patch, post
from litestar.response.base import ASGIResponse

from mpcas2_core.database import Scope
from mpcas2_core.errors import EngineError, UnsupportedMedia
from mpcas2_core.identity import Principal
from mpcas2_core.uploads.rows import ChecksumAlgorithm, NewUpload, UploadLocked
from mpcas2_core.uploads.service import Uploads
from mpcas2_server.api.content_body import chunks_of
from mpcas2_server.api.upload_shapes import (
    EXTENSIONS,
    TUS_VERSION,
    Upload,
    checksum_of,
    headers_of,
    new_upload,
    number_of,
    shown,
)
from mpcas2_server.caller import engine_of, signed_in
from mpcas2_server.describe import Doc
from mpcas2_server.errors import handle_error
from mpcas2_server.idempotency import Outcome, key_of, once
from mpcas2_server.wire import answer, no_content

__all__ = ("UploadController", "uploads_of")

AnyRequest = Request[Any, Any, Any]
PATH = "/api/v1/uploads"
BYTES = "application/offset+octet-stream"
_GO_ON = "What came is kept: ask for the offset (HEAD) and go on from there."
_RESUMABLE = {"tus-resumable": TUS_VERSION}
_WITH_BODY = frozenset({"POST", "PATCH"})
_REFUSED_FILE = {
    413: "`FILE_TOO_LARGE`, `UPLOAD_TOO_LONG`, or `QUOTA_EXCEEDED` with `used` and `limit`.",
    415: "The body is not `application/offset+octet-stream`, or the file is not of the said type.",
    507: "`STORAGE_FULL`: there is no room left for media.",
}
_IN_HAND = {
    404: "`UPLOAD_NOT_FOUND`: it was ended, or nothing came for 24 hours.",
    412: "`TUS_VERSION`: `Tus-Resumable` is not 1.0.0.",
    423: "`UPLOAD_LOCKED`: another request has it in hand; try again after `Retry-After`.",
}


class WrongVersion(EngineError):
    """The client speaks another version of tus, or none."""

    status = 412
    default_code = "TUS_VERSION"


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """What tells one request to begin an upload from another."""

    new: NewUpload


def explain(request: AnyRequest, error: Exception) -> Response[bytes]:
    """Answers an error as everywhere, with the headers that tus wants beside it."""
    response = handle_error(request, error)
    response.headers.update(_RESUMABLE)
    if request.method in _WITH_BODY:
        # Bytes that nobody read may still be on their way: another request cannot follow them.
        response.headers["connection"] = "close"
    if isinstance(error, WrongVersion):
        response.headers["tus-version"] = TUS_VERSION
    if isinstance(error, UploadLocked) and error.details:
        response.headers["retry-after"] = str(error.details["retryAfter"])
    return response


async def tell_abilities(request: AnyRequest) -> Response[None] | None:
    """Answers OPTIONS in the place of Litestar, whose own handler for it cannot be replaced."""
    if request.method != HttpMethod.OPTIONS:
        return None
    return Response(
        None,
        status_code=204,
        headers={
            **_RESUMABLE,
            "tus-version": TUS_VERSION,
            "tus-extension": EXTENSIONS,
            "tus-max-size": str(uploads_of(request).max_bytes),
            "tus-checksum-algorithm": ",".join(get_args(ChecksumAlgorithm)),
        },
    )


class UploadController(Controller):
    """Uploads in several requests."""

    path = "/uploads"
    before_request = staticmethod(tell_abilities)
    exception_handlers = {Exception: explain}  # noqa: RUF012 - Litestar's own attribute, read once

    @post(
        "/",
        request_max_body_size=None,
        doc=Doc(
            tag="Content",
            summary="Begin an upload",
            description=(
                "tus 1.0.0. `Upload-Length` is the size of the whole file. `Upload-Metadata` holds "
                "the fields of content in Base64: `filename`, `title`, `type`, `description`, "
                "`text`, `altText`, `tags`. `Location` is where the bytes go, with PATCH. A body "
                "of `application/offset+octet-stream` is taken as the first bytes."
            ),
            answers={201: Upload},
            errors={
                400: "A header is missing or does not fit; `details` say which.",
                409: "`IDEMPOTENCY_KEY_REUSED`: the key came with another request.",
                412: _IN_HAND[412],
                **_REFUSED_FILE,
            },
        ),
    )
    async def begin_upload(self, request: AnyRequest) -> ASGIResponse:
        """Begins an upload, and takes its first bytes where some came along."""
        caller = signed_in(request)
        _require_version(request)
        key_of(request)
        with_bytes = bool(request.headers.get("content-type"))
        if with_bytes:
            _require_bytes(request)
        checksum = checksum_of(request.headers)
        uploads = uploads_of(request)
        new = uploads.check_new(new_upload(request.headers))

        async def work(scope: Scope, principal: Principal) -> Outcome:
            return 201, shown(await uploads.begin(scope, principal.user_id, new))

        begun = await once(request, caller, Unfinished(new=new), work)
        upload_id = msgspec.json.decode(begun.body, type=dict[str, Any])["id"]
        tenant = (await caller.principal()).tenant
        if with_bytes and "idempotent-replay" not in begun.headers:
            row = await uploads.receive(
                tenant,
                UUID(upload_id),
                0,
                chunks_of(request, advice=_GO_ON),
                announced=request.content_length,
                checksum=checksum,
            )
        else:
            row = await uploads.get(tenant, UUID(upload_id))
        return answer(shown(row), 201, {**headers_of(row), "location": f"{PATH}/{upload_id}"})

    @get(
        "/{upload_id:uuid}",
        doc=Doc(
            tag="Content",
            summary="Tell how an upload stands",
            description=(
                "With HEAD, a tus client asks where to go on: `Upload-Offset`. `state` is "
                "`receiving`; `checking` once all bytes are there; `done` with `contentId`; or "
                "`refused` with the reason. The last two are kept for 24 hours."
            ),
            answers={200: Upload},
            errors=_IN_HAND,
        ),
    )
    async def get_upload(self, request: AnyRequest, upload_id: UUID) -> ASGIResponse:
        """Tells offset and state."""
        caller = signed_in(request)
        if "tus-resumable" in request.headers:
            _require_version(request)
        tenant = (await caller.principal()).tenant
        row = await uploads_of(request).get(tenant, upload_id)
        return answer(shown(row), headers=headers_of(row))

    @patch(
        "/{upload_id:uuid}",
        request_max_body_size=None,
        doc=Doc(
            tag="Content",
            summary="Send bytes of an upload",
            description=(
                "The bytes from `Upload-Offset` on. What arrived before a connection broke is kept, "
                "unless it came with `Upload-Checksum`. The answer to the last bytes has "
                "`Upload-State: done` and `Upload-Content-Id`; a check that takes long goes on by "
                "itself (`Upload-State: checking`), and GET tells how it ended."
            ),
            answers={204: None},
            errors={
                400: "A header does not fit, or the connection ended before the body.",
                409: "`UPLOAD_OFFSET_MISMATCH`: `details.offset` is where to go on.",
                410: "The file was refused before; the code and the message say why.",
                460: "`CHECKSUM_MISMATCH`: none of these bytes were kept.",
                **_IN_HAND,
                **_REFUSED_FILE,
            },
        ),
    )
    async def send_upload(self, request: AnyRequest, upload_id: UUID) -> ASGIResponse:
        """Takes bytes; with the last one, makes content of the file."""
        caller = signed_in(request)
        _require_version(request)
        _require_bytes(request)
        tenant = (await caller.principal()).tenant
        row = await uploads_of(request).receive(
            tenant,
            upload_id,
            number_of(request.headers, "Upload-Offset"),
            chunks_of(request, advice=_GO_ON),
            announced=request.content_length,
            checksum=checksum_of(request.headers),
        )
        return no_content(headers_of(row))

    @delete(
        "/{upload_id:uuid}",
        # Litestar lets no handler that is said to answer 204 return an answer of its own.
        status_code=200,
        doc=Doc(
            tag="Content",
            summary="Give an upload up",
            description="Its bytes are removed. Content that was made of it stays.",
            answers={204: None},
            errors=_IN_HAND,
        ),
    )
    async def end_upload(self, request: AnyRequest, upload_id: UUID) -> ASGIResponse:
        """Removes an upload that is not wanted any more."""
        caller = signed_in(request)
        _require_version(request)
        tenant = (await caller.principal()).tenant
        await uploads_of(request).end(tenant, upload_id)
        return no_content(_RESUMABLE)


def uploads_of(request: AnyRequest) -> Uploads:
    """Gives the uploads of this process."""
    return engine_of(request).uploads


def _require_version(request: AnyRequest) -> None:
    given = request.headers.get("tus-resumable")
    if given != TUS_VERSION:
        raise WrongVersion(
            f"Tus-Resumable is {given!r}; this server speaks tus {TUS_VERSION}. Send "
            f"`Tus-Resumable: {TUS_VERSION}`, or let a tus client do it.",
            details={"header": "Tus-Resumable"},
        )


def _require_bytes(request: AnyRequest) -> None:
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() != BYTES:
        raise UnsupportedMedia(
            f"The body is said to be {given or 'nothing'!r}. Send the file's bytes as they are, "
            f"with `Content-Type: {BYTES}`."
        )
