"""Threads as MPCAS2 sees it: stage, publish, find and poll for one part of a post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    Account,
    AccountContext,
    AccountMetrics,
    AccountProfile,
    CommentPage,
    ConnectContext,
    Connection,
    Consent,
    FindResult,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    OAuthApp,
    Part,
    PollResult,
    PostMetrics,
    PostProblem,
    PublishContext,
    Published,
    PublishResult,
    QuotaReading,
    QuotaRule,
    Rejected,
    Staged,
    StillDeciding,
    TextMark,
    Unavailable,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_platform_threads import figures, oauth, webhooks
from mpcas2_platform_threads.api import Graph
from mpcas2_platform_threads.containers import PUBLISHED, contained, status_of
from mpcas2_platform_threads.faults import NOT_THERE
from mpcas2_platform_threads.lookup import POST_FIELDS, Handle, StagedPost, newest_like
from mpcas2_platform_threads.options import ThreadsOptions
from mpcas2_platform_threads.rules import (
    LIMITS,
    POSTS,
    QUOTAS,
    REPLIES,
    marks,
    part_problems,
    text_length,
)
from mpcas2_platform_threads.wire import (
    Created,
    Post,
    PublishingLimits,
    QuotaConfig,
)

__all__ = ("ThreadsPlatform",)

_DAY = 24 * 60 * 60.0
_QUOTA_FIELDS = "quota_usage,config,reply_quota_usage,reply_config"
# Threads shows a post at once; its address may take a moment more.
_FIRST_LOOK = 1.0
_NEXT_LOOK = 10.0


class ThreadsPlatform:
    """Publishes to Threads.

    ``stage`` makes a container and waits until it is ready; ``publish`` publishes it; the container's
    status tells ``find`` whether that happened. A container is published at most once, so a repeat of
    one that is only ``FINISHED`` never makes a second post. Where a post can be seen is asked behind
    it, by ``poll``.

    Args:
        settings: ``api_url``, ``api_version`` and ``web_url`` of the manifest.
    """

    key = "threads"
    title = "Threads"
    options: type[msgspec.Struct] = ThreadsOptions
    quotas: Sequence[QuotaRule] = QUOTAS
    profile_seconds = _DAY

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._api_url = str(settings["api_url"]).rstrip("/")
        self._graph = Graph(self._api_url, str(settings["api_version"]).strip("/"))
        # Tokens are dealt with below no version.
        self._tokens = Graph(self._api_url, "")
        self.consent: Consent = oauth.consent(str(settings["web_url"]).rstrip("/"))

    def grant_request(
        self,
        code: str,
        redirect_uri: str,
        verifier: str,  # noqa: ARG002 - Threads knows no PKCE
        app: OAuthApp,
    ) -> HttpRequest:
        """Builds the request that trades a code for a short-lived token."""
        return oauth.grant_request(self._api_url, code, redirect_uri, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a code.

        Raises:
            Rejected: Threads refused the code or the app.
            RateLimited: It asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:  # noqa: ARG002 - the client carries it
        """Tells the one account that the grant is for, with a token that lasts.

        Raises:
            Rejected: Threads refuses.
            RateLimited: It asks to come back later.
            Unavailable: It cannot be reached now.
        """
        return (await oauth.connection(self._graph, self._tokens, ctx),)

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:  # noqa: ARG002 - the token renews itself
        """Builds the request that lets the token renew itself.

        Raises:
            Unauthorized: The grant cannot be renewed.
        """
        return oauth.refresh_request(self._api_url, grant)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a renewal.

        Raises:
            Unauthorized: The token is no longer good.
            RateLimited: Threads asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_refresh(answer)

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads anew who the account is.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await oauth.profile(self._graph, ctx)

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - the same for all accounts
        """Declares what may be posted; it is the same for every account."""
        return LIMITS

    def text_length(self, text: str) -> int:
        """Counts a text as Threads does; pure."""
        return text_length(text)

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds links, mentions and the topic; pure."""
        return marks(text)

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:  # noqa: ARG002 - the same for all accounts
        """Judges a post by the rules that span several fields."""
        return [problem for part in parts for problem in part_problems(part)]

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Makes a container of the part, and looks until Threads has it ready.

        Raises:
            NotReady: Threads is still fetching or processing a file.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        for problem in part_problems(part):
            raise Rejected(problem.message, code="invalid-post")
        if not ctx.journal:
            await self._read_quotas(ctx)
        container = await contained(part, ctx, self._graph)
        await ctx.spend(REPLIES if part.parent is not None else POSTS)
        staged = StagedPost(
            container=container.id,
            made_at=container.made_at,
            text=part.text,
            is_reply=part.parent is not None,
        )
        return Staged(data=msgspec.to_builtins(staged))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Publishes the container, with one request.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree: nothing happened.
        """
        state = msgspec.convert(staged.data, StagedPost)
        try:
            made = await self._graph.post(
                ctx.http,
                "me/threads_publish",
                {"creation_id": state.container},
                Created,
                now=ctx.now(),
                irreversible=True,
                quota=REPLIES if state.is_reply else POSTS,
            )
        except Rejected as error:
            if (error.code or "").partition("/")[0] != NOT_THERE:
                raise
            # Threads says so of a container that it has not spread to all of its servers yet.
            raise Unavailable(
                "Threads has not got the post ready everywhere yet.",
                code=error.code,
                answer=error.answer,
            ) from error
        return _accepted(Handle(post_id=made.id))

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Asks the container whether it was published.

        Raises:
            PlatformError: The question itself failed.
        """
        state = msgspec.convert(staged.data, StagedPost)
        told = await status_of(state.container, ctx, self._graph)
        if told.status == PUBLISHED:
            return _accepted(Handle(staged=state))
        return Absent(proof=f"its container is {told.status} and not {PUBLISHED}")

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        """Asks where the post can be seen.

        Raises:
            Rejected: Threads took it down already.
            PlatformError: The question failed.
        """
        state = msgspec.convert(dict(handle), Handle)
        if state.post_id is None and state.staged is not None:
            post = await newest_like(state.staged, ctx, self._graph)
            if post is None:
                return StillDeciding(check_after=_NEXT_LOOK, note="Threads does not list it yet.")
            return Published(id=post.id, url=post.permalink)
        try:
            post = await self._graph.get(
                ctx.http, str(state.post_id), {"fields": POST_FIELDS}, Post, now=ctx.now()
            )
        except Rejected as error:
            raise Rejected(
                "Threads published the post and took it down at once, which it does when its rules "
                "are broken. Look into the Threads app for the reason.",
                code=error.code,
                answer=error.answer,
            ) from error
        return Published(id=post.id, url=post.permalink)

    def webhook_challenge(
        self,
        request: WebhookRequest,
        app: OAuthApp,  # noqa: ARG002 - the token alone answers
        verify_token: str,
    ) -> HttpAnswer | None:
        """Answers Meta's question whether the address is ours; pure.

        Raises:
            Rejected: It is asked with another token.
        """
        return webhooks.challenge(request, verify_token)

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        """Reads replies, and permissions that were taken back; pure.

        Raises:
            Unauthorized: The signature is missing or wrong.
            Rejected: It is signed, and cannot be read.
        """
        return webhooks.events(request, app)

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Takes a post down; one that is gone already is no error.

        Raises:
            PlatformError: Any of the tree.
        """
        try:
            await self._graph.delete(ctx.http, post.id, msgspec.Raw, now=ctx.now())
        except Rejected as error:
            if not figures.is_gone(error):
                raise

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads the figures of posts.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await figures.post_figures(posts, ctx, self._graph)

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads the account's figures.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await figures.account_figures(ctx, self._graph)

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:
        """Reads a page of the replies.

        Raises:
            Rejected: The post is gone.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        return await figures.comments_below(post, ctx, self._graph, cursor)

    async def _read_quotas(self, ctx: PublishContext) -> None:
        """Tells the engine how much the account has left, as Threads counts it."""
        told = await self._graph.get(
            ctx.http,
            "me/threads_publishing_limit",
            {"fields": _QUOTA_FIELDS},
            PublishingLimits,
            now=ctx.now(),
        )
        for limit in told.data:
            _observe(ctx, POSTS, limit.quota_usage, limit.config)
            _observe(ctx, REPLIES, limit.reply_quota_usage, limit.reply_config)


def _observe(ctx: PublishContext, name: str, used: int | None, config: QuotaConfig | None) -> None:
    if used is None or config is None:
        return
    total = config.quota_total
    ctx.observe(QuotaReading(name=name, remaining=max(0, total - used), limit=total))


def _accepted(handle: Handle) -> Accepted:
    return Accepted(handle=msgspec.to_builtins(handle), check_after=_FIRST_LOOK)
