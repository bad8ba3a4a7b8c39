"""Asks TikTok what became of a post, and says it in words for the person who waits.

Source: "get post status" of the Content Posting API. The id of a post comes after its moderation: usually
within a minute, sometimes after hours, for posts that are not public perhaps never.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from mpcas2_hookspecs import AccountContext, PollResult, Published, Rejected, StillDeciding
from mpcas2_platform_tiktok.api import STATUS, TikTokApi
from mpcas2_platform_tiktok.records import Handle
from mpcas2_platform_tiktok.wire import PublishStatus

__all__ = ("FAILED", "FAILURES", "UPLOADING", "decision", "status_of")

FAILED = "FAILED"
"""Nothing was published, or it was taken away again."""

UPLOADING = "PROCESSING_UPLOAD"
"""Bytes are missing, or the video is being processed."""

_INBOX = "SEND_TO_USER_INBOX"
_COMPLETE = "PUBLISH_COMPLETE"
_PUBLIC = "PUBLIC_TO_EVERYONE"

FAILURES = {
    "file_format_check_failed": "TikTok cannot read the file; export the video as MP4 with H.264, or "
    "the photo as JPEG, and post it again.",
    "duration_check_failed": "TikTok does not take a video of this length from this account; make it "
    "shorter or longer and post it again.",
    "frame_rate_check_failed": "TikTok takes 23 to 60 frames a second; export the video so and post "
    "it again.",
    "picture_size_check_failed": "TikTok does not take these dimensions: videos have 360 to 4096 "
    "pixels on each side, photos 1080 by 1920 at most. Change them and post it again.",
    "video_pull_failed": "TikTok could not fetch the video. Retry; if this stays, the operator has to "
    "look whether the public address of this installation can be reached.",
    "photo_pull_failed": "TikTok could not fetch a photo. Retry; if this stays, the operator has to "
    "look whether the public address of this installation can be reached.",
    "internal": "Something failed at TikTok, and nothing was published. Retry.",
    "spam_risk": "TikTok took the post for spam and did not publish it, or took it away again; the "
    "inbox in the TikTok app may say more. Change it before you post it again.",
    "spam_risk_text": "TikTok took the text for spam; write it differently and post it again.",
    "auth_removed": "The permission to post was taken back at TikTok meanwhile; connect the account "
    "again, then retry.",
    "publish_cancelled": "The post was cancelled at TikTok.",
}
"""What to do, by TikTok's ``fail_reason``."""

_SHORTEST, _LONGEST = 5.0, 600.0
# A post that is not public may never get an id; a public one may take hours to get it.
_HIDDEN_PATIENCE = timedelta(hours=2)
_PUBLIC_PATIENCE = timedelta(hours=20)


async def status_of(api: TikTokApi, ctx: AccountContext, publish_id: str) -> PublishStatus:
    """Asks what became of a publish_id.

    Raises:
        PlatformError: Any of the tree but ``OutcomeUnknown``.
    """
    body = {"publish_id": publish_id}
    return await api.post(ctx.http, STATUS, PublishStatus, now=ctx.now(), body=body)


def decision(
    told: PublishStatus, handle: Handle, now: datetime, web_url: str, username: str | None
) -> PollResult:
    """Reads what TikTok decided.

    Args:
        told: Its answer.
        handle: The post.
        now: Aware time.
        web_url: Address of the website.
        username: The account's handle, where TikTok told it.

    Raises:
        Rejected: TikTok did not publish it, or took it away again.
    """
    age = now - handle.taken_at
    if told.status == FAILED:
        reason = told.fail_reason or "failed"
        known = FAILURES.get(reason)
        raise Rejected(known or f"TikTok did not publish the post ({reason}).", code=reason)
    if told.status == _INBOX:
        return _published(handle, None, [_inbox_words(handle)])
    ids = [str(one) for one in told.publicaly_available_post_id]
    if told.status == _COMPLETE and ids:
        kind = "photo" if handle.photos else "video"
        url = f"{web_url}/@{username}/{kind}/{ids[0]}" if username else None
        return _published(handle, url, [], post_id=ids[0])
    # The longer it takes, the rarer we ask: TikTok answers 30 times a minute.
    pause = min(_LONGEST, max(_SHORTEST, age.total_seconds() / 4))
    if told.status != _COMPLETE:
        return StillDeciding(check_after=pause, note="TikTok is processing the post.")
    if handle.privacy != _PUBLIC and age >= _HIDDEN_PATIENCE:
        return _published(
            handle,
            None,
            ["TikTok has made the post, and gives no address for a post that is not public."],
        )
    if age >= _PUBLIC_PATIENCE:
        return _published(
            handle,
            None,
            [
                (
                    "TikTok says that the post is made, and still has not told its address. It may be "
                    "held back for a check: look at it in the TikTok app."
                )
            ],
        )
    return StillDeciding(
        check_after=pause, note="TikTok has made the post and is checking it before people see it."
    )


def _inbox_words(handle: Handle) -> str:
    waits = "The draft waits in the TikTok app for you: open the message in its inbox to post it."
    if not handle.loses_text:
        return waits
    return f"{waits} TikTok takes no text with the draft of a video; paste it there."


def _published(
    handle: Handle, url: str | None, warnings: list[str], *, post_id: str = ""
) -> Published:
    data: dict[str, Any] = {"publishId": handle.publish_id}
    if warnings:
        data["warnings"] = warnings
    return Published(id=post_id or handle.publish_id, url=url, data=data)
