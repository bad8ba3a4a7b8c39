"""Says why bytes of an upload, or the whole file, are not taken, and what to do."""

from __future__ import annotations

from mpcas2_core.errors import Conflict, EngineError, InvalidInput, TooLarge, UnsupportedMedia
from mpcas2_core.uploads.rows import Refusal, UploadGone

__all__ = ("gone", "refused", "require_offset", "silent", "too_long")

_REFUSALS: dict[int, type[EngineError]] = {400: InvalidInput, 413: TooLarge, 415: UnsupportedMedia}


def refused(refusal: Refusal) -> EngineError:
    """Gives the error that a refusal was kept of, for the request that brought the last byte."""
    kind = _REFUSALS.get(refusal.status, UploadGone)
    return kind(refusal.message, code=refusal.code, details=refusal.details)


def gone(refusal: Refusal | None) -> UploadGone:
    """Says that the upload was refused before and takes no more bytes."""
    if refusal is None:
        return UploadGone("The upload was refused. Begin a new one with POST /api/v1/uploads.")
    return UploadGone(
        f"The file was refused: {refusal.message}", code=refusal.code, details=refusal.details
    )


def require_offset(at: int, given: int) -> None:
    """Makes sure that the client goes on where the upload is.

    Raises:
        Conflict: ``UPLOAD_OFFSET_MISMATCH``; ``details`` have the right offset.
    """
    if at != given:
        raise Conflict(
            f"The upload is at offset {at}, and Upload-Offset says {given}. Go on from {at}.",
            code="UPLOAD_OFFSET_MISMATCH",
            details={"offset": at},
        )


def silent(seconds: float) -> InvalidInput:
    """Says that the client sent nothing for so long."""
    return InvalidInput(
        f"No byte came for {seconds:g} seconds; what came before is kept. Ask for the offset (HEAD) "
        "and go on from there.",
        code="UPLOAD_INCOMPLETE",
    )


def too_long(left: int) -> TooLarge:
    """Says that more bytes came than the upload has left."""
    return TooLarge(
        f"The request brings more bytes than the {left} that the upload has left. Check "
        "Upload-Length, and that the file did not grow meanwhile.",
        code="UPLOAD_TOO_LONG",
        details={"left": left},
    )
