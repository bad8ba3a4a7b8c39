"""Reads how far a film is: its bytes, its processing, and whether it was published.

Source: https://developers.facebook.com/docs/video-api/guides/reels-publishing.
"""

from __future__ import annotations

from mpcas2_hookspecs import AccountContext, Rejected
from mpcas2_platform_facebook.api import Graph
from mpcas2_platform_facebook.wire import Film

__all__ = ("failure_of", "film_of", "is_public", "is_untouched")

_FIELDS = "status,post_id,permalink_url"
_FAILED = frozenset({"error", "upload_failed", "expired"})
_COMPLETE = "complete"
_NOT_STARTED = "not_started"
_LONGEST_QUOTE = 300


async def film_of(film_id: str, ctx: AccountContext, graph: Graph) -> Film:
    """Asks how far a film is.

    Raises:
        PlatformError: The question itself failed.
    """
    return await graph.get(ctx, film_id, {"fields": _FIELDS}, Film)


def failure_of(film: Film) -> Rejected | None:
    """Says why a film failed; None when it did not."""
    status = film.status
    phases = (status.uploading_phase, status.processing_phase, status.publishing_phase)
    broken = [phase for phase in phases if phase.status == "error"]
    if not broken and status.video_status not in _FAILED:
        return None
    errors = [one for phase in phases for one in (*phase.errors, phase.error) if one is not None]
    said = " ".join(one.message for one in errors if one.message)[:_LONGEST_QUOTE]
    codes = [str(one.code) for one in errors if one.code is not None]
    words = f" It said: {said}" if said else ""
    return Rejected(
        "Facebook cannot use the video. Convert it to MP4 with H.264 and AAC, keep to the length and "
        f"shape that the placement asks for, and publish again.{words}",
        code=codes[0] if codes else "film-failed",
        answer={"videoStatus": status.video_status, "errors": said},
    )


def is_public(film: Film) -> bool:
    """Tells whether a film was published."""
    return film.status.publishing_phase.status == _COMPLETE


def is_untouched(film: Film) -> bool:
    """Tells whether nothing has happened to a film since its bytes came."""
    status = film.status
    return {status.processing_phase.status, status.publishing_phase.status} == {_NOT_STARTED}
