"""Adapters that do not go on where another process died."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from mpcas2_hookspecs import (
    Absent,
    FindResult,
    OutcomeUnknown,
    Part,
    PlatformError,
    PublishContext,
    PublishResult,
    Rejected,
    Staged,
    Unavailable,
)
from mpcas2_testing.resume_rules import ResumeRules

from .base import Broken, Forgetful


class ForgetsTheJournal(Broken):
    mixin = ResumeRules
    breaks = frozenset(("stage.resumes",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        return await super().stage(part, Forgetful(ctx))


class SwallowsWhatRecordRaises(Broken):
    mixin = ResumeRules
    breaks = frozenset(("stage.lost_part",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        try:
            return await super().stage(part, ctx)
        except PlatformError:
            raise
        except Exception as error:
            raise Unavailable("Something went wrong.") from error


class SwallowsCancellation(Broken):
    mixin = ResumeRules
    breaks = frozenset(("stage.cancelled", "publish.cancelled"))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        try:
            return await super().stage(part, ctx)
        except asyncio.CancelledError as error:
            raise Unavailable("It was cancelled.") from error

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except asyncio.CancelledError as error:
            raise OutcomeUnknown("It was cancelled.") from error


class RemembersInTheProcess(Broken):
    mixin = ResumeRules
    breaks = frozenset(("publish.crash", "publish.cancelled"))
    published: ClassVar[set[str]] = set()

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        answer = await super().publish(staged, ctx)
        self.published.add(staged.data["draft"])
        return answer

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        if staged.data["draft"] not in self.published:
            return Absent(proof="this process published nothing of that kind")
        return await super().find(staged, ctx)


class DiesHalfJournalled(Broken):
    mixin = ResumeRules
    breaks = frozenset(("stage.crash_at_journal",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        if "begun" in ctx.journal and "made" not in ctx.journal:
            raise Rejected("An earlier run did not end.")
        await ctx.record("begun", value=True)
        await ctx.record("made", value=True)
        return await super().stage(part, ctx)
