"""Watches a new post for a while: LinkedIn may withdraw it when it rejects the media afterwards.

A 201 is not the last word on a post with media. Where the account's posts may be read, the post counts
as published once it was still there at the last of three looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Accepted,
    Account,
    PlatformError,
    PollResult,
    PublishContext,
    Published,
    PublishResult,
    Rejected,
    StillDeciding,
)
from mpcas2_platform_linkedin.accounts import may_read
from mpcas2_platform_linkedin.faults import has_status
from mpcas2_platform_linkedin.rest import Rest, encoded
from mpcas2_platform_linkedin.wire import Asset, PostAnswer

__all__ = ("outcome", "watch")

_PAUSES = (5.0, 10.0, 20.0)
_LOOKS = "looks"
_PUBLIC = "PUBLISHED"
_FAILED = frozenset({"PROCESSING_FAILED", "PUBLISH_FAILED", "DELETED"})


class _Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What :attr:`~mpcas2_hookspecs.Accepted.handle` holds.

    Attributes:
        post: What it will have been.
        media: URNs of its files, which may tell why it was withdrawn.
    """

    post: Published
    media: list[str]


def outcome(post: Published, media: list[str], account: Account) -> PublishResult:
    """Gives what ``publish`` returns for a post that LinkedIn took.

    Args:
        post: The post.
        media: URNs of its files.
        account: Whose it is; a member's posts can seldom be read.
    """
    if not media or not may_read(account):
        return post
    handle = msgspec.to_builtins(_Watched(post=post, media=media))
    return Accepted(handle=handle, check_after=_PAUSES[0])


async def watch(handle: Mapping[str, Any], ctx: PublishContext, rest: Rest) -> PollResult:
    """Looks whether an accepted post is still there.

    Raises:
        Rejected: LinkedIn withdrew it.
        PlatformError: The question itself failed.
    """
    watched = msgspec.convert(handle, _Watched)
    # By the post: a part that was withdrawn may be published again over the same journal.
    name = f"{_LOOKS}:{watched.post.id}"
    looks = int(ctx.journal.get(name, 0)) + 1
    state = await _state(watched.post.id, ctx, rest)
    last = looks >= len(_PAUSES)
    # Right after it was made a post may not be found yet: only the last look believes that.
    if state in _FAILED or (last and not state):
        raise Rejected(
            "LinkedIn withdrew the post after it had taken it. Look at its media, change what "
            f"LinkedIn may object to, and publish again.{await _reason(watched.media, ctx, rest)}",
            code=state or "withdrawn",
            answer={"post": watched.post.id, "state": state or "gone"},
        )
    if last and state == _PUBLIC:
        return watched.post
    await ctx.record(name, min(looks, len(_PAUSES) - 1))
    return StillDeciding(
        check_after=_PAUSES[min(looks, len(_PAUSES) - 1)],
        note="LinkedIn took the post and may still reject its media.",
    )


async def _state(urn: str, ctx: PublishContext, rest: Rest) -> str:
    """Gives the state of a post; empty when it is not there."""
    try:
        told = await rest.get(ctx.http, f"posts/{encoded(urn)}", PostAnswer, ctx.now())
    except Rejected as error:
        if has_status(error, HTTPStatus.NOT_FOUND):
            return ""
        raise
    return told.lifecycle_state


async def _reason(media: list[str], ctx: PublishContext, rest: Rest) -> str:
    """Asks the files of a withdrawn post what became of them; empty when none tells."""
    for urn in media:
        kind = urn.removeprefix("urn:li:").partition(":")[0]
        try:
            told = await rest.get(ctx.http, f"{kind}s/{encoded(urn)}", Asset, ctx.now())
        except PlatformError:
            continue
        if told.processing_failure_reason:
            return f" LinkedIn said: {told.processing_failure_reason}"
    return ""
