"""Adapters that raise the wrong error, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import httpx

from mpcas2_hookspecs import (
    Absent,
    ConnectContext,
    Connection,
    FindResult,
    Grant,
    OutcomeUnknown,
    Part,
    PlatformError,
    PublishContext,
    PublishResult,
    RateLimited,
    Rejected,
    Staged,
    Unauthorized,
    Unavailable,
)
from mpcas2_testing.fault_rules import FaultRules

from .base import Broken


class Translates(Broken):
    """Turns one class of error of ``publish`` into another, as a careless ``except`` does."""

    mixin = FaultRules
    wrong: ClassVar[dict[type[PlatformError], type[PlatformError]]]

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except PlatformError as error:
            kind = self.wrong.get(type(error))
            if kind is None:
                raise
            raise kind(error.message) from error


_UNKNOWN = frozenset(
    [
        "publish.500",
        "publish.503",
        "publish.500_after_the_effect",
        "publish.malformed",
        "publish.truncated",
        "publish.cut_before",
        "publish.cut_after",
        "publish.write_timeout",
        "publish.read_timeout_before_the_effect",
        "publish.timeout_after_body_is_unknown",
        "publish.read_error",
    ]
)


_ALL_OF_PUBLISH = _UNKNOWN | frozenset(
    [
        "publish.400",
        "publish.401",
        "publish.403",
        "publish.429",
        "publish.429_with_retry_after",
        "publish.connect_error",
        "publish.connect_timeout",
    ]
)


class CallsALostAnswerUnavailable(Translates):
    wrong: ClassVar = {OutcomeUnknown: Unavailable}
    breaks = _UNKNOWN


class CallsALostAnswerRejected(Translates):
    wrong: ClassVar = {OutcomeUnknown: Rejected}
    breaks = _UNKNOWN


class CallsNoConnectionUnknown(Translates):
    wrong: ClassVar = {Unavailable: OutcomeUnknown}
    breaks = frozenset(("publish.connect_error", "publish.connect_timeout"))


class CallsARefusedGrantRejected(Translates):
    wrong: ClassVar = {Unauthorized: Rejected}
    breaks = frozenset(("publish.401",))


class ForgetsHowLongToWait(Translates):
    wrong: ClassVar = {RateLimited: RateLimited}
    breaks = frozenset(("publish.429_with_retry_after",))


class CallsTooManyUnavailable(Translates):
    wrong: ClassVar = {RateLimited: Unavailable}
    breaks = frozenset(("publish.429", "publish.429_with_retry_after"))


class CallsARefusalUnavailable(Translates):
    wrong: ClassVar = {Rejected: Unavailable}
    breaks = frozenset(("publish.400", "publish.403"))


class CallsATimeoutUnavailable(Broken):
    mixin = FaultRules
    breaks = frozenset(
        ("publish.read_timeout_before_the_effect", "publish.timeout_after_body_is_unknown")
    )

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except OutcomeUnknown as error:
            if isinstance(error.__cause__, httpx.ReadTimeout):
                raise Unavailable(error.message) from error
            raise


class QuotesTheRequest(Broken):
    mixin = FaultRules
    breaks = frozenset(("secrets.not_in_errors",)) | _ALL_OF_PUBLISH

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except PlatformError as error:
            error.answer["request"] = dict(ctx.http.headers)
            raise


class HopefulFind(Broken):
    mixin = FaultRules
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


class UnknownStage(Broken):
    mixin = FaultRules
    breaks = frozenset(("stage.500", "stage.malformed", "stage.truncated", "stage.cut_before"))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        try:
            return await super().stage(part, ctx)
        except Unavailable as error:
            raise OutcomeUnknown(error.message) from error


class BlamesThePerson(Broken):
    mixin = FaultRules
    breaks = frozenset(("connect.passing_faults",))

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        try:
            return await super().connections(grant, ctx)
        except PlatformError as error:
            raise Rejected(error.message) from error


class CannotStageARefusal(Broken):
    mixin = FaultRules
    breaks = frozenset(("stage.401", "stage.403", "stage.429", "stage.429_with_retry_after"))

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        try:
            return await super().stage(part, ctx)
        except (Unauthorized, RateLimited, Rejected) as error:
            raise Unavailable(error.message) from error
