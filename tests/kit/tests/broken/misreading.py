"""Adapters that make the wrong thing of exactly one fault; a row of a table each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import httpx
import msgspec

from mpcas2_hookspecs import (
    Absent,
    FindResult,
    OutcomeUnknown,
    Part,
    PlatformError,
    PublishContext,
    PublishResult,
    RateLimited,
    Rejected,
    Staged,
    Unavailable,
)
from mpcas2_testing.fault_rules import FaultRules

from .base import Broken

Knows = Callable[[PlatformError], bool]


def _code(status: int) -> Knows:
    return lambda error: error.code == f"status-{status}"


def _behind(kind: type[Exception], words: str = "") -> Knows:
    return lambda error: type(error.__cause__) is kind and words in str(error.__cause__)


def _too_many(*, told: bool) -> Knows:
    return lambda error: isinstance(error, RateLimited) and (error.retry_after is not None) is told


_UNREADABLE: Knows = lambda error: isinstance(error.__cause__, msgspec.MsgspecError)  # noqa: E731 - a row like the others
_BROKEN_OFF = _behind(httpx.RemoteProtocolError, "peer closed")
_CUT = _behind(httpx.RemoteProtocolError, "disconnected")

# What the fault is known by, whether the post must be there to be misread, and what it is taken for.
_OF_PUBLISH: dict[str, tuple[Knows, bool | None, type[PlatformError]]] = {
    "401": (_code(401), None, Rejected),
    "403": (_code(403), None, Unavailable),
    "429": (_too_many(told=False), None, Unavailable),
    "429_with_retry_after": (_too_many(told=True), None, RateLimited),
    "400": (_code(400), None, Unavailable),
    "500": (_code(500), False, Unavailable),
    "503": (_code(503), None, Unavailable),
    "500_after_the_effect": (_code(500), True, Rejected),
    "malformed": (_UNREADABLE, None, Rejected),
    "truncated": (_BROKEN_OFF, None, Unavailable),
    "cut_before": (_CUT, False, Unavailable),
    "cut_after": (_CUT, True, Rejected),
    "connect_error": (_behind(httpx.ConnectError), None, OutcomeUnknown),
    "connect_timeout": (_behind(httpx.ConnectTimeout), None, OutcomeUnknown),
    "write_timeout": (_behind(httpx.WriteTimeout), None, Unavailable),
    "read_timeout_before_the_effect": (_behind(httpx.ReadTimeout), False, Unavailable),
    "timeout_after_body_is_unknown": (_behind(httpx.ReadTimeout), True, Rejected),
    "read_error": (_behind(httpx.ReadError), None, Unavailable),
}

_OF_QUESTIONS: dict[str, Knows] = {
    "401": _code(401),
    "403": _code(403),
    "429": _too_many(told=False),
    "429_with_retry_after": _too_many(told=True),
    "500": _code(500),
    "malformed": _UNREADABLE,
    "truncated": _BROKEN_OFF,
    "cut_before": _CUT,
}


class MisreadsOne(Broken):
    mixin = FaultRules
    knows: ClassVar[Knows]

    @classmethod
    def is_it(cls, error: PlatformError) -> bool:
        return cls.knows(error)


class MisreadsInPublish(MisreadsOne):
    """Looks whether the post is there at once, where that matters: too early to conclude anything."""

    among = ("publish.*",)
    there: ClassVar[bool | None]
    takes_for: ClassVar[type[PlatformError]]

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except PlatformError as error:
            if not self.is_it(error):
                raise
            seen = self.there is not None and not isinstance(await self.find(staged, ctx), Absent)
            if self.there is not None and seen is not self.there:
                raise
            raise self.takes_for(error.message) from error


class MisreadsInStage(MisreadsOne):
    among = ("stage.*",)

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        try:
            return await super().stage(part, ctx)
        except PlatformError as error:
            if self.is_it(error):
                raise OutcomeUnknown(error.message) from error
            raise


class MisreadsInFind(MisreadsOne):
    among = ("find.*",)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        try:
            return await super().find(staged, ctx)
        except PlatformError as error:
            if self.is_it(error):
                return Absent(proof="there was an error, so it is not there")
            raise


def _row(base: type[MisreadsOne], fault: str, **more: Any) -> type[MisreadsOne]:
    method = base.among[0].removesuffix(".*")
    name = "".join(word.capitalize() for word in fault.split("_"))
    content = {**more, "breaks": frozenset((f"{method}.{fault}",))}
    return type(f"{base.__name__}{name}", (base,), content)


MISREADING: tuple[type[MisreadsOne], ...] = (
    *(
        _row(MisreadsInPublish, fault, knows=staticmethod(knows), there=there, takes_for=kind)
        for fault, (knows, there, kind) in _OF_PUBLISH.items()
    ),
    *(
        _row(base, fault, knows=staticmethod(knows))
        for base in (MisreadsInStage, MisreadsInFind)
        for fault, knows in _OF_QUESTIONS.items()
    ),
)
