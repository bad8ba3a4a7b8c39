"""Instagram as MPCAS2 sees it: stage, publish, find and poll for one part, and what surrounds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from mpcas2_hookspecs import (
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
    QuotaRule,
    Rejected,
    Staged,
    StillDeciding,
    TextMark,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_platform_instagram import captions, insights, lookup, oauth, webhooks
from mpcas2_platform_instagram.comments import comment_page
from mpcas2_platform_instagram.faults import MISSING
from mpcas2_platform_instagram.graph import Graph
from mpcas2_platform_instagram.options import InstagramOptions
from mpcas2_platform_instagram.profiles import profile_of
from mpcas2_platform_instagram.rules import (
    LIMITS,
    QUOTAS,
    kind_of,
    part_problems,
    text_problems,
)
from mpcas2_platform_instagram.staging import stage_comment, stage_post
from mpcas2_platform_instagram.wire import IdAnswer, MediaNode

__all__ = ("InstagramPlatform",)

_DAY = 24 * 3600.0
# What was published a moment ago may not be readable everywhere yet.
_NEW = timedelta(minutes=1)


class Handle(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """With what ``poll`` asks for the address of a new post."""

    media: str
    product: str
    published_at: datetime
    warnings: list[str] = []


class InstagramPlatform:
    """Publishes to one professional account, through Instagram login.

    ``stage`` makes a container and waits until Instagram is through with it; ``publish`` makes the post
    of it, once; ``find`` asks the container. An answer to ``publish`` has the post's id and not its
    address, which ``poll`` asks for. Deleting needs Facebook login, which this adapter does not use.

    Args:
        settings: A value for each setting of the manifest.
    """

    key = "instagram"
    title = "Instagram"
    options: type[msgspec.Struct] = InstagramOptions
    quotas: Sequence[QuotaRule] = QUOTAS
    profile_seconds = _DAY

    def __init__(self, settings: Mapping[str, Any]) -> None:
        def address(name: str) -> str:
            return str(settings[name]).rstrip("/")

        self._graph = Graph(
            api=address("api_url"),
            web=address("web_url"),
            upload=address("upload_url"),
            version=str(settings["api_version"]).strip("/"),
        )
        self._token_url = address("token_url")
        self._auth_url = address("auth_url")

    @property
    def consent(self) -> Consent:
        """The consent page of Instagram login."""
        return oauth.consent(self._auth_url)

    def grant_request(
        self,
        code: str,
        redirect_uri: str,
        verifier: str,  # noqa: ARG002 - Instagram knows no PKCE
        app: OAuthApp,
    ) -> HttpRequest:
        """Builds the request that trades a code for a token of an hour."""
        return oauth.grant_request(self._token_url, code, redirect_uri, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a code.

        Raises:
            Rejected: Instagram refused the code or the app.
            RateLimited: Instagram asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Trades the token for a lasting one, and tells the one account that it is for.

        Raises:
            Rejected: Instagram refuses.
            RateLimited: Instagram asks to come back later.
            Unavailable: Instagram cannot be reached now.
        """
        return await oauth.connections(self._graph, grant, ctx)

    def refresh_request(
        self,
        account: Account,  # noqa: ARG002 - the token says whose it is
        grant: Grant,
        app: OAuthApp | None,  # noqa: ARG002 - the token renews itself
    ) -> HttpRequest:
        """Builds the request that renews the token.

        Raises:
            Unauthorized: The grant cannot be renewed.
        """
        return oauth.refresh_request(self._graph, grant)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a renewal.

        Raises:
            Unauthorized: The token is no longer good.
            RateLimited: Instagram asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_refresh(answer)

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads name, picture and kind of the account.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await profile_of(self._graph, ctx.http, ctx.now())

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - the same for all accounts
        """Declares what may be posted; it is the same for every account."""
        return LIMITS

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:  # noqa: ARG002 - the same for all accounts
        """Judges a post by the rules that span several fields."""
        found: list[PostProblem] = []
        story = False
        for part in parts:
            if part.role != "comment":
                story = kind_of(part) == "story"
                found += part_problems(part)
                continue
            found += text_problems(part)
            if story:
                message = "Stories take no comments; remove the first comment."
                found.append(PostProblem(message=message, field="text", part=part.index))
        return found

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds hashtags and mentions; addresses lead nowhere on Instagram."""
        return captions.marks(text, self._graph.web)

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Makes the containers and looks once whether Instagram is through with them.

        Raises:
            NotReady: Instagram is still preparing them.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        if part.role == "comment":
            return _staged(stage_comment(part, ctx))
        return _staged(await stage_post(part, self._graph, ctx))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Makes the post, or the comment, with one request.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree: nothing happened.
        """
        wanted = _read(staged)
        if isinstance(wanted, lookup.StagedComment):
            path, form = f"{wanted.media}/comments", {"message": wanted.text}
        else:
            path = f"{ctx.account.platform_account_id}/media_publish"
            form = {"creation_id": wanted.container}
        made = await self._graph.post(
            ctx.http, path, form, IdAnswer, now=ctx.now(), irreversible=True
        )
        if isinstance(wanted, lookup.StagedComment):
            return Published(id=made.id)
        handle = Handle(
            media=made.id,
            product=wanted.product,
            published_at=ctx.now(),
            warnings=wanted.warnings,
        )
        return Accepted(handle=msgspec.to_builtins(handle), check_after=1.0)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Asks the container of a post, or looks for a comment.

        Raises:
            PlatformError: The question itself failed.
        """
        wanted = _read(staged)
        if isinstance(wanted, lookup.StagedComment):
            return await lookup.find_comment(wanted, self._graph, ctx)
        return await lookup.find_post(wanted, self._graph, ctx)

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        """Asks for the address of a new post.

        Raises:
            Rejected: The post is gone again.
            PlatformError: The question itself failed.
        """
        new = msgspec.convert(dict(handle), Handle)
        try:
            node = await self._graph.get(
                ctx.http, new.media, {"fields": "id,permalink"}, MediaNode, now=ctx.now()
            )
        except Rejected as error:
            if error.code != MISSING:
                raise
            if ctx.now() - new.published_at < _NEW:
                return StillDeciding(check_after=5.0, note="Instagram does not show the post yet.")
            raise Rejected(
                "Instagram has taken the post down again. Look into the app for the reason.",
                code="taken-down",
                answer=error.answer,
            ) from error
        return lookup.published(new.media, node.permalink, new.product, new.warnings)

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads the figures of posts, one request for each.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await insights.post_figures(posts, self._graph, ctx)

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads followers and posts, and views and reach of the last day.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await insights.account_figures(self._graph, ctx)

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:
        """Reads one page of the comments below a post, without answers to them.

        Raises:
            Rejected: The post is gone.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        return await comment_page(post, self._graph, ctx, cursor)

    def webhook_challenge(
        self,
        request: WebhookRequest,
        app: OAuthApp,  # noqa: ARG002 - the verify token is all that counts
        verify_token: str,
    ) -> HttpAnswer | None:
        """Answers the question with which Meta makes sure of the address.

        Raises:
            Rejected: It has another verify token.
        """
        return webhooks.challenge(request, verify_token)

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        """Checks the signature and reads comments and ended permissions.

        Raises:
            Unauthorized: The signature is missing or wrong.
            Rejected: It is signed, and cannot be read.
        """
        return webhooks.events(request, app)


def _staged(value: lookup.Staged) -> Staged:
    return Staged(data=msgspec.to_builtins(value))


def _read(staged: Staged) -> lookup.Staged:
    return msgspec.convert(staged.data, lookup.StagedPost | lookup.StagedComment)
