"""Adapters that post too much, too little, or tell of it wrongly."""

from __future__ import annotations

import logging

import msgspec

from mpcas2_hookspecs import (
    Absent,
    CannotTell,
    FindResult,
    Found,
    Part,
    PublishContext,
    PublishResult,
    Rejected,
    Staged,
)
from mpcas2_testing.media_rules import MediaRules
from mpcas2_testing.publishing_rules import PublishingRules

from .base import Broken, Forgetful, plain


class PublishesWhileStaging(Broken):
    mixin = PublishingRules
    breaks = frozenset(("stage.makes_no_post", "find.both_sides", "publish.first_comment"))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        staged = await super().stage(part, ctx)
        await super().publish(staged, ctx)
        return staged


class AsksTwice(Broken):
    mixin = PublishingRules
    breaks = frozenset(("publish.one_request", "publish.first_comment_unknown"))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        await super().find(staged, ctx)
        return await super().publish(staged, ctx)


class ChoosesTheIdTooLate(Broken):
    mixin = PublishingRules
    breaks = frozenset(
        [
            "publish.twice_is_one_post",
            "find.both_sides",
            "publish.first_comment",
            "publish.first_comment_unknown",
            "publish.one_request",
            "secrets.not_in_logs",
        ]
    ) - {"secrets.not_in_logs"}

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        staged = await super().stage(part, ctx)
        return Staged(data={**staged.data, "part": plain(part)})

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        part = msgspec.convert(staged.data["part"], Part)
        fresh = await super().stage(part, Forgetful(ctx))
        return await super().publish(fresh, ctx)


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


class FindsNothing(Broken):
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
        return Absent(proof="it is never there") if isinstance(found, Found) else found


class NeverKnows(Broken):
    mixin = PublishingRules
    breaks = FindsNothing.breaks

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        await super().find(staged, ctx)
        return CannotTell(reason="Look for it yourself.")


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


class KeepsAnAddress(Broken):
    mixin = MediaRules
    breaks = frozenset(("media.url_not_kept",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        for media in part.media:
            await ctx.record("address", ctx.media_url(media))
        return await super().stage(part, ctx)


class TakesTextsOnly(Broken):
    mixin = PublishingRules
    breaks = frozenset(("publish.samples", "stage.makes_no_post"))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        if len(part.media) > 1:
            raise Rejected("Choose one picture.")
        return await super().stage(part, ctx)
