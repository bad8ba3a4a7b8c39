"""Adapters that declare, connect or collect wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import ClassVar

import msgspec

from mpcas2_hookspecs import (
    Absent,
    Account,
    AccountContext,
    AccountMetrics,
    AccountProfile,
    CommentPage,
    Consent,
    FindResult,
    Grant,
    HttpAnswer,
    Limits,
    Part,
    PlatformError,
    PostMetrics,
    PostProblem,
    Published,
    QuotaRule,
    Rejected,
    Staged,
    Target,
    TextMark,
    TextRule,
    Unavailable,
)
from mpcas2_testing.capability_rules import CapabilityRules
from mpcas2_testing.declaration import DeclarationRules
from mpcas2_testing.grant_rules import GrantRules
from mpcas2_testing.limit_rules import LimitRules

from .base import Broken


class PromisesTooMuch(Broken):
    mixin = LimitRules
    breaks = frozenset(("limits.text", "limits.counts", "limits.alt_text"))

    def limits(self, account: Account | None) -> Limits:
        limits = super().limits(account)
        image = msgspec.structs.replace(limits.media[0], max_count=5, alt_text_max_length=301)
        text = msgspec.structs.replace(limits.text, max_length=501)
        return msgspec.structs.replace(limits, text=text, media=(image,))


class PromisesTooLittle(Broken):
    mixin = LimitRules
    breaks = frozenset(("limits.text", "limits.counts"))

    def limits(self, account: Account | None) -> Limits:
        limits = super().limits(account)
        image = msgspec.structs.replace(limits.media[0], max_count=3)
        text = msgspec.structs.replace(limits.text, max_length=499)
        return msgspec.structs.replace(limits, text=text, media=(image,))


class EmptiesTheGrant(Broken):
    mixin = GrantRules
    breaks = frozenset(("refresh.tells_revoked",))

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        try:
            return super().parse_refresh(answer)
        except Unavailable:
            return Grant(access_token="")


class TakesAnythingForAGrant(Broken):
    mixin = GrantRules
    breaks = frozenset(("oauth.refusals",))

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        with suppress(PlatformError):
            return super().parse_grant(answer)
        return Grant(access_token="none")


class DeletesOnce(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("delete.is_repeatable",))
    gone: ClassVar[set[str]] = set()

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        if post.id in self.gone:
            raise Rejected("There is no such post.")
        self.gone.add(post.id)
        await super().delete(post, ctx)


class MakesFiguresUp(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("metrics.reads",))

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        found = await super().metrics(posts, ctx)
        return {post.id: found.get(post.id, PostMetrics(views=0)) for post in posts}


class CanMoreThanItKnows(Broken):
    """Has capabilities, and each of them is wrong."""

    mixin = CapabilityRules
    breaks = frozenset(
        [
            "targets.lists",
            "profile.reads",
            "account_metrics.reads",
            "comments.reads",
            "marks_text.in_order",
            "counts_text.is_pure",
            "check_post.is_pure",
            "quotas.declared_is_spent",
        ]
    )
    profile_seconds = 60.0
    quotas = (QuotaRule(name="posts", title="posts", per="account", limit=10, window=3600),)

    async def targets(self, ctx: AccountContext) -> Sequence[Target]:  # noqa: ARG002 - as the protocol has it
        return [Target(id="1", title="A place", option="there_is_no_such_option")]

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        return AccountProfile(platform_account_id="another", username=ctx.account.username)

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:  # noqa: ARG002 - as the protocol has it
        return AccountMetrics(followers=-1)

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:  # noqa: ARG002 - as the protocol has it
        return CommentPage(cursor="there is always more")

    def text_marks(self, text: str) -> Sequence[TextMark]:
        return [TextMark(start=0, end=len(text.encode()), kind="link")] if text else []

    def text_length(self, text: str) -> int:
        return len(text) + 1

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:  # noqa: ARG002 - as the protocol has it
        return [PostProblem(message="It could be better.", field="text")]


class HasTitlesThatNobodyReads(Broken):
    mixin = LimitRules
    breaks = frozenset(("limits.title",))

    def limits(self, account: Account | None) -> Limits:
        return msgspec.structs.replace(super().limits(account), title=TextRule(max_length=100))


class RenewsIntoNothing(Broken):
    mixin = GrantRules
    breaks = frozenset(("refresh.renews", "oauth.address"))

    @property
    def consent(self) -> Consent:
        return msgspec.structs.replace(super().consent, required=("another.scope",))

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        super().parse_refresh(answer)
        return Grant(access_token="of somebody else")


class OpenOptions(msgspec.Struct, frozen=True):
    pinned: bool = False


class DeclaresBadly(Broken):
    key = "post"
    options = OpenOptions
    mixin = DeclarationRules
    breaks = frozenset(
        ["declaration.signatures", "declaration.names", "declaration.limits", "declaration.options"]
    )

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - as the protocol has it
        return Limits(text=TextRule(max_length=0))

    def find(  # type: ignore[override]  # the wrong signature is the fault
        self, staged: Staged
    ) -> FindResult:
        return Absent(proof=str(staged))
