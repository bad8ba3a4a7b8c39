"""Adapters that have a capability, and have it wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import uuid4

import msgspec

from mpcas2_hookspecs import (
    Account,
    AccountContext,
    AccountMetrics,
    AccountProfile,
    CommentPage,
    HttpAnswer,
    Limits,
    OAuthApp,
    Part,
    PollResult,
    PostMetrics,
    PostProblem,
    PublishContext,
    Published,
    QuotaRule,
    Rejected,
    Target,
    TextMark,
    Unauthorized,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_testing.capability_rules import CapabilityRules
from mpcas2_testing.webhook_rules import WebhookRules

from .base import Broken, BrokenDepot


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


class NamesNoOption(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("targets.lists",))

    async def targets(self, ctx: AccountContext) -> Sequence[Target]:  # noqa: ARG002 - as the protocol has it
        return [Target(id="1", title="A place", option="there_is_no_such_option")]


class ReadsAnothersProfile(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("profile.reads",))
    profile_seconds = 60.0

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        return AccountProfile(platform_account_id="another", username=ctx.account.username)


class LosesFollowers(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("account_metrics.reads",))

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:  # noqa: ARG002 - as the protocol has it
        return AccountMetrics(followers=-1)


class HasAlwaysMoreComments(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("comments.reads",))

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:  # noqa: ARG002 - as the protocol has it
        return CommentPage(cursor="there is always more")


class MarksBytes(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("marks_text.in_order",))

    def text_marks(self, text: str) -> Sequence[TextMark]:
        return [TextMark(start=0, end=len(text.encode()), kind="link")] if text else []


class CountsOneTooMany(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("counts_text.is_pure",))

    def limits(self, account: Account | None) -> Limits:
        limits = super().limits(account)
        text = msgspec.structs.replace(limits.text, unit="weighted")
        return msgspec.structs.replace(limits, text=text)

    def text_length(self, text: str) -> int:
        return len(text) + 1


class FindsFaultWithEverything(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("check_post.is_pure",))

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:  # noqa: ARG002 - as the protocol has it
        return [PostProblem(message="It could be better.", field="text")]


class DeclaresAndSpendsNothing(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("quotas.declared_is_spent",))
    quotas = (QuotaRule(name="posts", title="posts", per="account", limit=10, window=3600),)


class PollsByTheJournal(BrokenDepot):
    mixin = CapabilityRules
    breaks = frozenset(("polls.decides",))

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:  # noqa: ARG002 - as the protocol has it
        return await super().poll({"draft": ctx.journal["draft"]}, ctx)


class TrustsEveryone(BrokenDepot):
    mixin = WebhookRules
    breaks = frozenset(("webhooks.signature",))

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        try:
            return super().read_webhook(request, app)
        except Unauthorized:
            return ()


class GivesEachDeliveryAnId(BrokenDepot):
    mixin = WebhookRules
    breaks = frozenset(("webhooks.events",))

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        events = super().read_webhook(request, app)
        return [msgspec.structs.replace(one, id=uuid4().hex) for one in events]


class AnswersAnyToken(BrokenDepot):
    mixin = WebhookRules
    breaks = frozenset(("webhooks.challenge",))

    def webhook_challenge(
        self, request: WebhookRequest, app: OAuthApp, verify_token: str
    ) -> HttpAnswer | None:
        token = request.query.get("hub.verify_token", verify_token)
        return super().webhook_challenge(request, app, token)
