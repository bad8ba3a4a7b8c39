"""LinkedIn as MPCAS2 sees it: stage, publish and find for one part of a post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
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
    Rejected,
    Staged,
    TextMark,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_platform_linkedin import accounts, comments, figures, oauth, publishing, webhooks
from mpcas2_platform_linkedin.bodies import StagedComment, StagedPost, comment_body
from mpcas2_platform_linkedin.faults import has_status
from mpcas2_platform_linkedin.little_text import marks_of
from mpcas2_platform_linkedin.options import LinkedInOptions
from mpcas2_platform_linkedin.rest import Rest, encoded, send
from mpcas2_platform_linkedin.rules import limits_of, part_problems
from mpcas2_platform_linkedin.staging import stage_post
from mpcas2_platform_linkedin.watching import watch

__all__ = ("LinkedInPlatform",)

_StagedKinds = StagedPost | StagedComment


class LinkedInPlatform:
    """Publishes to LinkedIn through its versioned REST API, as a member or as a page.

    LinkedIn has no key that makes a repeat harmless, and tells most members nothing about their own
    posts. What ``find`` can and cannot know is written down in ``lookup``.

    Args:
        settings: What the manifest names.
    """

    key = "linkedin"
    title = "LinkedIn"
    options: type[msgspec.Struct] = LinkedInOptions
    # A name or a picture may be a day old.
    profile_seconds = 86_400.0

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._web_url = str(settings["web_url"]).rstrip("/")
        self._token_url = f"{self._web_url}/oauth/v2/accessToken"
        self._rest = Rest(str(settings["api_url"]).rstrip("/"), str(settings["api_version"]))
        self._scopes = oauth.scopes_asked(
            organizations=bool(settings["organizations"]), more=str(settings["more_scopes"] or "")
        )

    @property
    def consent(self) -> Consent:
        """The consent page; pages and comments are asked for only where settings say so."""
        return Consent(
            url=f"{self._web_url}/oauth/v2/authorization",
            scopes=self._scopes,
            required=oauth.REQUIRED_SCOPES,
            pkce=False,
        )

    def grant_request(
        self,
        code: str,
        redirect_uri: str,
        verifier: str,  # noqa: ARG002 - LinkedIn knows no PKCE
        app: OAuthApp,
    ) -> HttpRequest:
        """Builds the request that trades a code for a grant."""
        return oauth.grant_request(self._token_url, code, redirect_uri, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a code.

        Raises:
            Rejected: LinkedIn refused the code or the app.
            RateLimited: LinkedIn asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells the member, and each page on which the member may post.

        Raises:
            Rejected: LinkedIn refuses to tell.
            RateLimited: LinkedIn asks to come back later.
            Unavailable: LinkedIn cannot be reached now.
        """
        return await accounts.connections(self._rest, grant, ctx, self._scopes)

    def refresh_request(
        self,
        account: Account,  # noqa: ARG002 - the grant holds all that the request needs
        grant: Grant,
        app: OAuthApp | None,
    ) -> HttpRequest:
        """Builds the request that renews the grant, which approved partners alone can do.

        Raises:
            Unauthorized: The grant cannot be renewed.
        """
        return oauth.refresh_request(self._token_url, grant, app)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a renewal.

        Raises:
            Unauthorized: The refresh token is no longer good.
            RateLimited: LinkedIn asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_refresh(answer)

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads name and picture of the account.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await accounts.profile_of(self._rest, ctx)

    def limits(self, account: Account | None) -> Limits:
        """Declares what may be posted; a first comment only where the permission covers it."""
        return limits_of(account, self._scopes)

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds the addresses, mentions and hashtags of a text."""
        return marks_of(text, self._web_url)

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:
        """Judges a post by the rules that span several fields."""
        return [problem for part in parts for problem in part_problems(part, account)]

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Uploads the files and fixes the body of the one request.

        Raises:
            NotReady: LinkedIn is still preparing a file.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        for problem in part_problems(part, ctx.account):
            raise Rejected(problem.message, code="invalid-post")
        staged: _StagedKinds
        if part.role == "comment":
            if part.root is None:
                raise Rejected("A comment needs a post to hang below.", code="invalid-post")
            actor = ctx.account.platform_account_id
            staged = StagedComment(
                body=comment_body(actor, part.root.id, part.text),
                post=part.root.id,
                post_url=part.root.url,
                staged_at=ctx.now(),
            )
        else:
            staged = await stage_post(part, ctx, self._rest)
        return Staged(data=msgspec.to_builtins(staged))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Sends the post or the comment, with one request.

        A refusal as duplicate is looked into: after an attempt whose outcome nobody knew, it names
        that attempt's post.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree: nothing happened.
        """
        kind: _StagedKinds = msgspec.convert(staged.data, _StagedKinds)
        if isinstance(kind, StagedComment):
            return await publishing.send_comment(kind, ctx, self._rest)
        return await publishing.send_post(kind, ctx, self._rest, self._web_url)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Looks for the post or the comment where LinkedIn lets the account look.

        Raises:
            PlatformError: The question itself failed.
        """
        kind: _StagedKinds = msgspec.convert(staged.data, _StagedKinds)
        if isinstance(kind, StagedComment):
            return await publishing.find_comment(kind, ctx, self._rest)
        return await publishing.find_post(kind, ctx, self._rest, self._web_url)

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        """Looks whether a post with media is still there.

        Raises:
            Rejected: LinkedIn withdrew it.
            PlatformError: The question itself failed.
        """
        return await watch(handle, ctx, self._rest)

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Takes a post down; one that is gone already is no error.

        Raises:
            Rejected: It is a comment, which goes with its post, or LinkedIn refuses.
            PlatformError: Any other of the tree.
        """
        if post.id.startswith("urn:li:comment:"):
            raise Rejected(
                "A comment is not deleted alone; it goes with its post, or delete it on LinkedIn.",
                code="comment",
            )
        request = self._rest.request(ctx.http, "DELETE", f"posts/{encoded(post.id)}")
        try:
            await send(ctx.http, request, now=ctx.now(), irreversible=True)
        except Rejected as error:
            if not has_status(error, HTTPStatus.NOT_FOUND):
                raise

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads the figures of posts.

        Raises:
            Rejected: The account's permission does not cover figures.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        return await figures.post_figures(posts, ctx, self._rest)

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads the figures of the page or the member.

        Raises:
            Rejected: The account's permission does not cover figures.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        return await figures.account_figures(ctx, self._rest)

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:
        """Reads one page of the comments.

        Raises:
            Rejected: The post is gone, or the account's permission does not cover comments.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        return await comments.list_comments(post, ctx, self._rest, cursor)

    def webhook_challenge(
        self,
        request: WebhookRequest,
        app: OAuthApp,
        verify_token: str,  # noqa: ARG002 - the app's secret does its work
    ) -> HttpAnswer | None:
        """Answers LinkedIn's challenge with the app's secret.

        Raises:
            Rejected: There is no secret.
        """
        return webhooks.answer_challenge(request, app)

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        """Checks the signature and reads which posts of pages were commented.

        Raises:
            Unauthorized: The signature is missing or wrong.
            Rejected: It is signed, and cannot be read.
        """
        return webhooks.read_events(request, app)
