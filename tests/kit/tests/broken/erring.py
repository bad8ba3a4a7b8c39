"""Adapters that raise the wrong error for many faults, or have no patience with the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpcas2_hookspecs import (
    Absent,
    ConnectContext,
    Connection,
    FindResult,
    Grant,
    OutcomeUnknown,
    PlatformError,
    PublishContext,
    PublishResult,
    Rejected,
    Staged,
    Unavailable,
)
from mpcas2_testing.fault_rules import FaultRules

from .base import Broken, Impatient, Wrapped

_SINGLE = (
    "secrets.not_in_errors",
    "publish.slow_answer",
    "publish.duplicate_delivery",
    "connect.passing_faults",
)


class CallsALostAnswerUnavailable(Broken):
    mixin = FaultRules
    breaks = frozenset(
        f"publish.{name}"
        for name in [
            "500",
            "503",
            "500_after_the_effect",
            "malformed",
            "truncated",
            "cut_before",
            "cut_after",
            "write_timeout",
            "read_timeout_before_the_effect",
            "timeout_after_body_is_unknown",
            "read_error",
        ]
    )

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except OutcomeUnknown as error:
            raise Unavailable(error.message) from error


class HopefulFind(Broken):
    mixin = FaultRules
    among = ("find.*",)
    breaks = frozenset(
        f"find.{name}"
        for name in [
            "401",
            "403",
            "429",
            "429_with_retry_after",
            "500",
            "malformed",
            "truncated",
            "cut_before",
        ]
    )

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        try:
            return await super().find(staged, ctx)
        except PlatformError:
            return Absent(proof="there was an error, so it is not there")


class QuotesTheRequestInTheCause(Broken):
    mixin = FaultRules
    among = ("publish.*", *_SINGLE)
    breaks = frozenset(("secrets.not_in_errors",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except PlatformError as error:
            raise error from ValueError(str(list(ctx.http.headers.values())))


class TakesTheFirstPieceForTheAnswer(Broken):
    mixin = FaultRules
    among = ("publish.*", *_SINGLE)
    breaks = frozenset(("publish.slow_answer",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        hasty: Any = Wrapped(ctx)
        hasty.http = Impatient(ctx.http)
        return await super().publish(staged, hasty)


class Noting(Wrapped):
    """A client that keeps the status of the last answer."""

    status = 0

    async def request(self, method: str, url: str, **more: Any) -> Any:
        response = await self._inner.request(method, url, **more)
        self.status = response.status_code
        return response


class DisownsWhatItDidNotMake(Broken):
    """Takes Postbox's 200, "it is there already", for a sign that somebody else made the post."""

    mixin = FaultRules
    among = _SINGLE
    breaks = frozenset(("publish.duplicate_delivery",))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        noting: Any = Wrapped(ctx)
        noting.http = Noting(ctx.http)
        post = await super().publish(staged, noting)
        if noting.http.status == 200 and "mine" not in ctx.journal:
            await ctx.record("disowned", value=True)
        await ctx.record("mine", value=True)
        return post

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        if "disowned" in ctx.journal:
            return Absent(proof="the post is somebody else's")
        return await super().find(staged, ctx)


class BlamesThePerson(Broken):
    mixin = FaultRules
    among = _SINGLE
    breaks = frozenset(("connect.passing_faults",))

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        try:
            return await super().connections(grant, ctx)
        except PlatformError as error:
            raise Rejected(error.message) from error
