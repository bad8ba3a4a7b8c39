"""Adapters that post too much, too little, or tell of it wrongly."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Absent,
    CannotTell,
    FindResult,
    Found,
    Media,
    OutcomeUnknown,
    Part,
    PublishContext,
    PublishResult,
    Rejected,
    Staged,
    Unavailable,
)
from mpcas2_testing.media_rules import MediaRules
from mpcas2_testing.publishing_rules import PublishingRules

from .base import Broken, BrokenDepot, Forgetful, Wrapped, plain


class Remembers(Broken):
    """A base for those whose ``publish`` needs to know what was staged."""

    mixin = PublishingRules

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        staged = await super().stage(part, ctx)
        return Staged(data={**staged.data, "part": plain(part)})

    def part_of(self, staged: Staged) -> Part:
        return msgspec.convert(staged.data["part"], Part)


class PublishesSeveralPicturesWhileStaging(Broken):
    mixin = PublishingRules
    breaks = frozenset(("stage.makes_no_post",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        staged = await super().stage(part, ctx)
        if len(part.media) > 1:
            await super().publish(staged, ctx)
        return staged


class AsksBeforeItPublishesPictures(Remembers):
    breaks = frozenset(("publish.one_request",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        if self.part_of(staged).media:
            await super().find(staged, ctx)
        return await super().publish(staged, ctx)


class MakesACopyOfWhatIsThere(Remembers):
    breaks = frozenset(("publish.twice_is_one_post",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        if "published" in ctx.journal:
            copy: Any = Forgetful(ctx)
            staged = await super().stage(self.part_of(staged), copy)
        answer = await super().publish(staged, ctx)
        await ctx.record("published", value=True)
        return answer


class ChoosesTheIdTooLate(Remembers):
    """The classic: what is published has an id that nobody has seen before."""

    breaks = frozenset(
        [
            "publish.twice_is_one_post",
            "find.both_sides",
            "publish.first_comment",
            "publish.first_comment_unknown",
            "publish.one_request",
        ]
    )

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        blank: Any = Forgetful(ctx)
        return await super().publish(await super().stage(self.part_of(staged), blank), ctx)


class StoresTheToken(Broken):
    mixin = PublishingRules
    breaks = frozenset(("secrets.not_in_data",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        staged = await super().stage(part, ctx)
        return Staged(data={**staged.data, "headers": dict(ctx.http.headers)})


class LogsTheToken(Broken):
    mixin = PublishingRules
    breaks = frozenset(("secrets.not_in_logs",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        logging.getLogger("postbox").debug("headers: %s", list(ctx.http.headers.values()))
        return await super().publish(staged, ctx)


class NeverKnows(Broken):
    mixin = PublishingRules
    breaks = frozenset(
        [
            "find.both_sides",
            "publish.twice_is_one_post",
            "publish.first_comment",
            "publish.first_comment_unknown",
        ]
    )

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        found = await super().find(staged, ctx)
        return CannotTell(reason="Look for it.") if isinstance(found, Found) else found


class DoubtsWhatItNeverTried(Broken):
    mixin = PublishingRules
    breaks = frozenset(("find.both_sides",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        await ctx.record("tried", value=True)
        return await super().publish(staged, ctx)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        found = await super().find(staged, ctx)
        doubts = isinstance(found, Absent) and "tried" not in ctx.journal
        return CannotTell(reason="Look for it.") if doubts else found


class KeepsATuple(Broken):
    mixin = PublishingRules
    breaks = frozenset(("stage.is_json",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        staged = await super().stage(part, ctx)
        return Staged(data={**staged.data, "sizes": tuple(media.size for media in part.media)})


class TakesAHashForTheId(Broken):
    mixin = PublishingRules
    breaks = frozenset(("publish.two_stages_are_two_posts",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        if "draft" not in ctx.journal:
            written = msgspec.json.encode((part.text, plain(part)["media"], part.role))
            await ctx.record("draft", f"{hash(written) & (2**128 - 1):032x}")
        return await super().stage(part, ctx)


class RefusesPairs(Remembers):
    breaks = frozenset(("publish.samples",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        if len(self.part_of(staged).media) == 2:
            raise Rejected("Choose one picture.")
        return await super().publish(staged, ctx)


class TakesAPostForItsComment(Remembers):
    breaks = frozenset(("publish.first_comment",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        made = await super().publish(staged, ctx)
        return self.part_of(staged).root or made


class CallsALostCommentUnavailable(Remembers):
    breaks = frozenset(("publish.first_comment_unknown",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except OutcomeUnknown as error:
            if self.part_of(staged).role == "comment":
                raise Unavailable(error.message) from error
            raise


class HasNoThreads(BrokenDepot):
    mixin = PublishingRules
    breaks = frozenset(("publish.thread",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        if part.parent is not None:
            raise Rejected("Depot has no threads.")
        return await super().stage(part, ctx)


class KeepsAnAddress(Broken):
    mixin = MediaRules
    breaks = frozenset(("media.url_not_kept",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        for media in part.media:
            await ctx.record("address", ctx.media_url(media))
        return await super().stage(part, ctx)


class Hoarding(Wrapped):
    """A context that reads a file to its end before it gives any of it."""

    async def open_media(self, media: Media, start: int = 0) -> AsyncIterator[bytes]:
        yield b"".join([piece async for piece in self._inner.open_media(media, start)])


class HoldsWholeFiles(BrokenDepot):
    mixin = MediaRules
    breaks = frozenset(("media.streamed",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        hoarding: Any = Hoarding(ctx)
        return await super().stage(part, hoarding)
