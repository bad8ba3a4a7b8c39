"""Sends the one request that makes a part public, and reads what Facebook says to it."""

from __future__ import annotations

from mpcas2_hookspecs import OutcomeUnknown, PublishContext, PublishResult, Rejected
from mpcas2_platform_facebook.api import Graph
from mpcas2_platform_facebook.faults import is_duplicate
from mpcas2_platform_facebook.lookup import accepted, listed
from mpcas2_platform_facebook.rules import REELS
from mpcas2_platform_facebook.staged import FILMS, POST, StagedPart
from mpcas2_platform_facebook.wire import Created, Finished

__all__ = ("published",)


async def published(part: StagedPart, ctx: PublishContext, graph: Graph) -> PublishResult:
    """Publishes a part.

    A refusal because Facebook has the same already is evidence: an earlier attempt may have succeeded
    without anybody knowing. The Page's posts then tell whose doing it is.

    Raises:
        Rejected: Facebook refuses; also when somebody else posted the same.
        OutcomeUnknown: The request may have been carried out.
        PlatformError: Any other of the tree: nothing happened.
    """
    try:
        post = await _sent(part, ctx, graph)
    except Rejected as error:
        if not is_duplicate(error) or ctx.journal.get(POST) is not None:
            raise
        told = await listed(part, ctx, graph)
        if not told.post and told.of_others:
            raise
        if not told.post:
            raise OutcomeUnknown(
                "Facebook says that the Page has the same post already, and does not list it yet.",
                code=error.code,
                answer=error.answer,
            ) from error
        post = told.post
    if post:
        # From here on ``find`` can ask for it by its id.
        await ctx.record(POST, post)
    return accepted(part, post)


async def _sent(part: StagedPart, ctx: PublishContext, graph: Graph) -> str:
    if part.kind in {"feed", "comment"}:
        made = await graph.post(ctx, part.path, part.form, Created, irreversible=True)
        return made.id
    told = await graph.post(
        ctx,
        part.path,
        part.form,
        Finished,
        irreversible=True,
        quota=REELS if part.kind == "reel" else None,
    )
    if part.kind in FILMS and told.success:
        return ""
    if not told.success or not told.post_id:
        raise OutcomeUnknown("Facebook took the request and does not say what became of it.")
    return told.post_id
