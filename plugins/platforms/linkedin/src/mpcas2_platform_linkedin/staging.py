"""Uploads the files of a part and fixes what will be sent, resumable by another process."""

from __future__ import annotations

from mpcas2_hookspecs import Part, PublishContext
from mpcas2_platform_linkedin.bodies import StagedPost, post_body
from mpcas2_platform_linkedin.rest import Rest
from mpcas2_platform_linkedin.rules import options_of
from mpcas2_platform_linkedin.uploads import await_asset, upload_whole
from mpcas2_platform_linkedin.video_upload import await_video, upload_video

__all__ = ("stage_post",)

_NO_COVER = "LinkedIn took no cover for the video and shows a picture of its own choice; change it on LinkedIn."


async def stage_post(part: Part, ctx: PublishContext, rest: Rest) -> StagedPost:
    """Uploads whatever the part carries, then waits for all of it together.

    Raises:
        NotReady: LinkedIn is still preparing a file.
        PlatformError: Any other of the tree but ``OutcomeUnknown``.
    """
    urns: list[str] = []
    warnings: list[str] = []
    for media in part.media:
        if media.kind == "video":
            urn, covered = await upload_video(media, part.thumbnail, ctx, rest)
            if part.thumbnail is not None and not covered:
                warnings.append(_NO_COVER)
        else:
            urn = await upload_whole(media, f"upload:{media.id}", ctx, rest)
        urns.append(urn)
    card = part.thumbnail if options_of(part).link is not None else None
    thumbnail = ""
    if card is not None:
        thumbnail = await upload_whole(card, f"thumbnail:{card.id}", ctx, rest)
        await await_asset(card.kind, f"thumbnail:{card.id}", ctx, rest)
    for media in part.media:
        if media.kind == "video":
            await await_video(media, ctx, rest)
        else:
            await await_asset(media.kind, f"upload:{media.id}", ctx, rest)
    return StagedPost(
        body=post_body(part, ctx.account.platform_account_id, urns, thumbnail),
        staged_at=ctx.now(),
        media=[*urns, thumbnail] if thumbnail else urns,
        warnings=warnings,
    )
