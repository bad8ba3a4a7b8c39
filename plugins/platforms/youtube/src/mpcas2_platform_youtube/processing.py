"""What YouTube makes of a video that it took, in words for the person who waits.

Source: ``VideoStatus`` and ``VideoProcessingDetails`` in the discovery document.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from mpcas2_hookspecs import PublishContext, Rejected, StillDeciding
from mpcas2_platform_youtube.wire import Video

__all__ = ("FAILURES", "REJECTIONS", "decision", "unlisted")

FAILURES = {
    "conversion": "YouTube could not convert the video; export it as MP4 (H.264, AAC) and post it "
    "again.",
    "invalidFile": "YouTube does not take the file for a video; export it as MP4 and post it again.",
    "emptyFile": "YouTube says that the file is empty; upload it again.",
    "tooSmall": "YouTube says that the file is too small to be a video; upload the whole file.",
    "codec": "YouTube does not know the codec; export the video with H.264 and AAC, and post it again.",
    "uploadAborted": "YouTube says that the upload was broken off; post the video again.",
}
"""Words for each ``failureReason``."""

REJECTIONS = {
    "copyright": "YouTube rejected the video because of a copyright; YouTube Studio says whose.",
    "inappropriate": "YouTube rejected the video as inappropriate; see its community guidelines.",
    "duplicate": "YouTube rejected the video because the channel has the same one already.",
    "termsOfUse": "YouTube rejected the video because it breaks the terms of use.",
    "uploaderAccountSuspended": "YouTube rejected the video because the account is suspended.",
    "length": "YouTube rejected the video because it is too long for this channel; verify the channel "
    "at https://www.youtube.com/verify for more than 15 minutes.",
    "claim": "YouTube rejected the video because somebody claims its content; YouTube Studio says who.",
    "uploaderAccountClosed": "YouTube rejected the video because the account was closed.",
    "trademark": "YouTube rejected the video because of a trademark.",
    "legal": "YouTube rejected the video for a legal reason; YouTube Studio says which.",
}
"""Words for each ``rejectionReason``."""

_PROCESSING_FAILURES = {
    "uploadFailed": FAILURES["uploadAborted"],
    "transcodeFailed": FAILURES["conversion"],
    "streamingFailed": "YouTube could not prepare the video for streaming; post it again.",
}
_LISTED_BY = timedelta(minutes=10)
_UNLISTED_PAUSE = 30.0
_JOURNAL = "unlisted"
_SHORTEST, _LONGEST = 5.0, 300.0


async def unlisted(video_id: str, ctx: PublishContext) -> StillDeciding:
    """Says what it means that a video is not listed: at first nothing, since a list may lag behind.

    Raises:
        Rejected: It has not been listed for some minutes.
    """
    now = ctx.now()
    known = ctx.journal.get(_JOURNAL)
    if known is None or known["videoId"] != video_id:
        await ctx.record(_JOURNAL, {"videoId": video_id, "since": now.isoformat()})
    elif now - datetime.fromisoformat(known["since"]) >= _LISTED_BY:
        raise Rejected("The video is no longer on YouTube; somebody deleted it.", code="video-gone")
    return StillDeciding(check_after=_UNLISTED_PAUSE, note="YouTube does not list the video yet.")


def decision(video: Video, now: datetime) -> Video | StillDeciding:
    """Tells how far YouTube is with a video.

    Args:
        video: As listed.
        now: Aware time.

    Returns:
        The video when it is processed, else how long to wait.

    Raises:
        Rejected: YouTube failed or refused.
    """
    status, processing = video.status, video.processing_details
    if status.upload_status == "deleted":
        raise Rejected(
            "The video was deleted on YouTube before it was processed.", code="video-gone"
        )
    if status.upload_status == "rejected":
        reason = status.rejection_reason or ""
        words = REJECTIONS.get(reason, "YouTube rejected the video; YouTube Studio says why.")
        raise Rejected(words, code=reason or "rejected")
    broken = processing.processing_status in {"failed", "terminated"}
    if status.upload_status == "failed" or (broken and status.upload_status != "processed"):
        reason = status.failure_reason or processing.processing_failure_reason or ""
        words = FAILURES.get(reason) or _PROCESSING_FAILURES.get(
            reason, "YouTube could not process the video; export it as MP4 and post it again."
        )
        raise Rejected(words, code=reason or "failed")
    if status.upload_status == "processed":
        return video
    # The longer it takes, the rarer we ask: each question costs a unit of the quota.
    age = (now - (video.snippet.published_at or now)).total_seconds()
    pause = min(_LONGEST, max(_SHORTEST, age / 4))
    return StillDeciding(check_after=pause, note="YouTube is processing the video.")
