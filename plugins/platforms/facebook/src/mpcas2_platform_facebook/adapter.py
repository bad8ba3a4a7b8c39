"""Facebook Pages as MPCAS2 sees them: stage, publish, find and poll for one part of a post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mpcas2_hookspecs import (
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
    TextMark,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_platform_facebook import figures, oauth, webhooks
from mpcas2_platform_facebook.api import Graph
from mpcas2_platform_facebook.faults import is_gone
from mpcas2_platform_facebook.lookup import found
from mpcas2_platform_facebook.options import FacebookOptions
from mpcas2_platform_facebook.publishing import published
from mpcas2_platform_facebook.rules import LIMITS, QUOTAS, marks, part_problems
from mpcas2_platform_facebook.staged import Handle, StagedPart
from mpcas2_platform_facebook.staging import staged_part
from mpcas2_platform_facebook.watching import outcome

__all__ = ("FacebookPlatform",)


class FacebookPlatform:
    """Publishes to the feed, the reels and the stories of Facebook Pages.

    ``stage`` uploads pictures that nobody sees and films that are not finished; ``publish`` makes them
    public with one request. A film's status tells ``find`` whether that happened, the Page's lists tell
    it of everything else. Where a post can be seen is asked behind it, by ``poll``.

    Args:
        settings: ``api_url``, ``web_url``, ``upload_url`` and ``api_version`` of the manifest.
    """

    key = "facebook"
    title = "Facebook"
    options: type[msgspec.Struct] = FacebookOptions
    quotas: Sequence[QuotaRule] = QUOTAS
    profile_seconds = 24 * 60 * 60.0

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._graph = Graph(
            api=str(settings["api_url"]).rstrip("/"),
            web=str(settings["web_url"]).rstrip("/"),
            upload=str(settings["upload_url"]).rstrip("/"),
            version=str(settings["api_version"]).strip("/"),
        )
        self.consent: Consent = oauth.consent(self._graph.web, self._graph.version)

    def grant_request(
        self,
        code: str,
        redirect_uri: str,
        verifier: str,  # noqa: ARG002 - Facebook's consent is used without PKCE
        app: OAuthApp,
    ) -> HttpRequest:
        """Builds the request that trades a code for a person's token."""
        return oauth.grant_request(self._graph, code, redirect_uri, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a code.

        Raises:
            Rejected: Facebook refused the code or the app.
            RateLimited: It asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells the Pages on which the person may create content, each with its own token.

        Raises:
            Rejected: There is none, or a permission is missing.
            RateLimited: Facebook asks to come back later.
            Unavailable: It cannot be reached now.
        """
        return await oauth.connections(self._graph, grant, ctx)

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads name and picture of the Page anew.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await oauth.profile(self._graph, ctx)

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - the same for all Pages
        """Declares what may be posted; it is the same for every Page."""
        return LIMITS

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds links and hashtags; pure."""
        return marks(text)

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:  # noqa: ARG002 - the same for all Pages
        """Judges a post by the rules that span several fields."""
        return [problem for part in parts for problem in part_problems(part)]

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Uploads what the part shows, and writes down the request that makes it public.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return (await staged_part(part, ctx, self._graph)).stored()

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Makes the part public, with one request.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree: nothing happened.
        """
        return await published(StagedPart.read(staged), ctx, self._graph)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Asks the film, or the list in which the part would stand.

        Raises:
            PlatformError: The question itself failed.
        """
        return await found(StagedPart.read(staged), ctx, self._graph)

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        """Asks what became of a film, and where a part can be seen.

        Raises:
            Rejected: Facebook cannot use the film, or took the post down already.
            PlatformError: The question failed.
        """
        return await outcome(Handle.read(handle), ctx, self._graph)

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Takes a post or comment down; one that is gone already is no error.

        Raises:
            PlatformError: Any of the tree.
        """
        try:
            await self._graph.delete(ctx, post.id)
        except Rejected as error:
            if not is_gone(error):
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
        """Reads how many people follow the Page.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await figures.account_figures(ctx, self._graph)

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:
        """Reads a page of the comments.

        Raises:
            Rejected: The post is gone.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        return await figures.comments_below(post, ctx, self._graph, cursor)

    def webhook_challenge(
        self,
        request: WebhookRequest,
        app: OAuthApp,  # noqa: ARG002 - the question is answered with the verify token alone
        verify_token: str,
    ) -> HttpAnswer | None:
        """Answers the question with which Facebook makes sure of the address.

        Raises:
            Rejected: It has another token.
        """
        return webhooks.challenge(request, verify_token)

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        """Checks the signature and reads the events.

        Raises:
            Unauthorized: The signature is missing or wrong.
            Rejected: It is signed, and cannot be read.
        """
        return webhooks.events(request, app)
