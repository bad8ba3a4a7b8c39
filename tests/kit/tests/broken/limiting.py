"""Adapters whose declared limits are not the network's."""

from __future__ import annotations

import msgspec

from mpcas2_hookspecs import Account, Limits, TextRule
from mpcas2_testing.limit_rules import LimitRules

from .base import Broken


class PromisesTooLongATitle(Broken):
    mixin = LimitRules
    breaks = frozenset(("limits.title",))

    def limits(self, account: Account | None) -> Limits:
        return msgspec.structs.replace(super().limits(account), title=TextRule(max_length=100))


class PromisesTooLongAText(Broken):
    mixin = LimitRules
    breaks = frozenset(("limits.text",))
    length = 501

    def limits(self, account: Account | None) -> Limits:
        limits = super().limits(account)
        text = msgspec.structs.replace(limits.text, max_length=self.length)
        return msgspec.structs.replace(limits, text=text)


class PromisesTooShortAText(PromisesTooLongAText):
    length = 499


class CountsInUtf16(Broken):
    mixin = LimitRules
    breaks = frozenset(("limits.text",))

    def limits(self, account: Account | None) -> Limits:
        limits = super().limits(account)
        text = msgspec.structs.replace(limits.text, unit="utf16")
        return msgspec.structs.replace(limits, text=text)


class PromisesTooManyPictures(Broken):
    mixin = LimitRules
    breaks = frozenset(("limits.counts",))
    count = 5

    def limits(self, account: Account | None) -> Limits:
        limits = super().limits(account)
        image = msgspec.structs.replace(limits.media[0], max_count=self.count)
        return msgspec.structs.replace(limits, media=(image,))


class PromisesTooFewPictures(PromisesTooManyPictures):
    count = 3


class PromisesTooLongADescription(Broken):
    mixin = LimitRules
    breaks = frozenset(("limits.alt_text",))

    def limits(self, account: Account | None) -> Limits:
        limits = super().limits(account)
        image = msgspec.structs.replace(limits.media[0], alt_text_max_length=301)
        return msgspec.structs.replace(limits, media=(image,))
