"""Adapters that do not go on where another process died."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

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
        blank: Any = Forgetful(ctx)
        return await super().stage(part, blank)


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


class SwallowsCancellationInStage(Broken):
    mixin = ResumeRules
    breaks = frozenset(("stage.cancelled",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        try:
            return await super().stage(part, ctx)
        except asyncio.CancelledError as error:
            raise Unavailable("It was cancelled.") from error


class SwallowsCancellationInPublish(Broken):
    mixin = ResumeRules
    breaks = frozenset(("publish.cancelled",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except asyncio.CancelledError as error:
            raise OutcomeUnknown("It was cancelled.") from error


class RemembersInTheProcess(Broken):
    """Knows of a post only if it was answered, or if the engine itself broke it off."""

    mixin = ResumeRules
    breaks = frozenset(("publish.crash",))
    published: ClassVar[set[str]] = set()

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            answer = await super().publish(staged, ctx)
        except (PlatformError, asyncio.CancelledError):
            self.published.add(staged.data["draft"])
            raise
        self.published.add(staged.data["draft"])
        return answer

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        if staged.data["draft"] not in self.published:
            return Absent(proof="this process published nothing of that kind")
        return await super().find(staged, ctx)


class GivesUpHalfwayUp(Broken):
    """Journals that it ended, and takes a draft with pictures and without that mark for spoilt."""

    mixin = ResumeRules
    breaks = frozenset(("stage.crash_at_request",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        if "draft" in ctx.journal and "done" not in ctx.journal:
            draft = await self._draft(ctx.journal["draft"], ctx)
            if draft is not None and draft.images:
                raise Rejected("An earlier run did not end.")
        staged = await super().stage(part, ctx)
        await ctx.record("done", value=True)
        return staged


class DiesHalfJournalled(Broken):
    mixin = ResumeRules
    breaks = frozenset(("stage.crash_at_journal",))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        if "begun" in ctx.journal and "made" not in ctx.journal:
            raise Rejected("An earlier run did not end.")
        await ctx.record("begun", value=True)
        await ctx.record("made", value=True)
        return await super().stage(part, ctx)
