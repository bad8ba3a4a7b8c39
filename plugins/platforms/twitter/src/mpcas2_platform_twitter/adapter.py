"""X as MPCAS2 sees it: stage, publish and find for one part of a post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from http import HTTPStatus
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Account,
    AccountContext,
    AccountMetrics,
    AccountProfile,
    CannotTell,
    ConnectContext,
    Connection,
    Consent,
    FindResult,
    Found,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    OAuthApp,
    Part,
    PostMetrics,
    PostProblem,
    PublishContext,
    Published,
    PublishResult,
    QuotaRule,
    Rejected,
    Staged,
    TextMark,
)
from mpcas2_platform_twitter import metrics, oauth
from mpcas2_platform_twitter.api import json_request, send
from mpcas2_platform_twitter.bodies import post_body
from mpcas2_platform_twitter.counting import text_length
from mpcas2_platform_twitter.lookup import CLOCK_SKEW, LAG_SECONDS, StagedPost, matching
from mpcas2_platform_twitter.marks import marks
from mpcas2_platform_twitter.options import XOptions
from mpcas2_platform_twitter.rules import APP_POSTS, POSTS, QUOTAS, limits_of, part_problems
from mpcas2_platform_twitter.uploads import upload
from mpcas2_platform_twitter.wire import CreatedAnswer, DeletedAnswer, TimelineAnswer

__all__ = ("XPlatform",)

_PAGE = 100
_PAGES = 10


class XPlatform:
    """Publishes to X through its API, version 2.

    X has no key that makes a repeat harmless and no handle to ask with. ``find`` therefore looks for the
    post in the account's timeline, and says that it cannot tell when it sees none: a timeline may
    lag, so it proves that a post is there and never that it is not.

    Args:
        settings: ``api_url`` and ``web_url`` of the manifest.
    """

    key = "twitter"
    title = "X"
    options: type[msgspec.Struct] = XOptions
    quotas: Sequence[QuotaRule] = QUOTAS
    profile_seconds: float = 3600.0

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._api_url = str(settings["api_url"]).rstrip("/")
        self._web_url = str(settings["web_url"]).rstrip("/")
        self._token_url = f"{self._api_url}/2/oauth2/token"

    @property
    def consent(self) -> Consent:
        """The consent page; posting needs every scope."""
        return Consent(
            url=f"{self._web_url}/i/oauth2/authorize",
            scopes=oauth.SCOPES,
            required=oauth.SCOPES,
        )

    def grant_request(
        self, code: str, redirect_uri: str, verifier: str, app: OAuthApp
    ) -> HttpRequest:
        """Builds the request that trades a code for a grant; X gives 30 seconds for it."""
        return oauth.grant_request(self._token_url, code, redirect_uri, verifier, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a code.

        Raises:
            Rejected: X refused the code or the app.
            RateLimited: X asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells the one account that the grant is for.

        Raises:
            Rejected: X refuses to tell.
            RateLimited: X asks to come back later.
            Unavailable: X cannot be reached now.
        """
        return (await oauth.who(ctx.http, self._api_url, grant, ctx.now()),)

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads who the account is and which plan it has: it decides how long a text may be.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await oauth.profile(ctx.http, self._api_url, ctx.now())

    def refresh_request(
        self,
        account: Account,  # noqa: ARG002 - the grant holds all that the request needs
        grant: Grant,
        app: OAuthApp | None,
    ) -> HttpRequest:
        """Builds the request that renews the grant.

        Raises:
            Unauthorized: The grant cannot be renewed.
        """
        return oauth.refresh_request(self._token_url, grant, app)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a renewal; the refresh token is a new one.

        Raises:
            Unauthorized: The refresh token is no longer good.
            RateLimited: X asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_refresh(answer)

    def limits(self, account: Account | None) -> Limits:
        """Declares what may be posted; accounts with a paid plan may write long posts."""
        return limits_of(account)

    def text_length(self, text: str) -> int:
        """Counts a text as X does; pure."""
        return text_length(text)

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds links, mentions, hashtags and cashtags; pure."""
        return marks(text, self._web_url)

    def check_post(
        self,
        parts: Sequence[Part],
        account: Account,  # noqa: ARG002 - the same for all accounts
    ) -> Sequence[PostProblem]:
        """Judges a post by the rules that span several fields."""
        return [problem for part in parts for problem in part_problems(part)]

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Uploads the media and fixes the body of the one request.

        Raises:
            NotReady: X is still processing a video or GIF.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        for problem in part_problems(part):
            raise Rejected(problem.message, code="invalid-post")
        media_ids = [await upload(media, ctx, self._api_url) for media in part.media]
        staged = StagedPost(
            body=post_body(part, media_ids),
            staged_at=ctx.now(),
            author_id=ctx.account.platform_account_id,
        )
        await ctx.spend(POSTS)
        await ctx.spend(APP_POSTS)
        return Staged(data=msgspec.to_builtins(staged))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Sends the post, with one request.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree: nothing happened. A refusal with the code
                ``"duplicate"`` means that the same text is there already.
        """
        post = msgspec.convert(staged.data, StagedPost)
        answer = await send(
            ctx.http,
            json_request(ctx.http, f"{self._api_url}/2/tweets", post.body),
            CreatedAnswer,
            now=ctx.now(),
            irreversible=True,
            quota=POSTS,
            observe=ctx.observe,
        )
        return self._published(answer.data.id, ctx.account)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Looks for the post in the account's timeline.

        Raises:
            PlatformError: The question itself failed.
        """
        post = msgspec.convert(staged.data, StagedPost)
        begin = (post.staged_at - CLOCK_SKEW).astimezone(UTC)
        params = {
            "max_results": str(_PAGE),
            "start_time": begin.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "post.fields": "attachments,created_at,entities,note_post,text",
            "expansions": "referenced_posts",
        }
        for _ in range(_PAGES):
            request = ctx.http.build_request(
                "GET", f"{self._api_url}/2/users/{post.author_id}/tweets", params=params
            )
            page = await send(ctx.http, request, TimelineAnswer, now=ctx.now())
            ours = matching(post, page.data)
            if ours is not None:
                return Found(post=self._published(ours.id, ctx.account))
            if page.meta.next_token is None:
                break
            params["pagination_token"] = page.meta.next_token
        said = str(post.body.get("text", ""))[:60]
        return CannotTell(
            reason=f"X's timeline does not show the post, which may be lag. Look at {self._web_url}/"
            f"{ctx.account.username} for a post after {begin:%Y-%m-%d %H:%M} UTC that begins with "
            f'"{said}".',
            ask_again_after=LAG_SECONDS,
        )

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Takes a post down; one that is gone already is no error.

        Raises:
            PlatformError: Any of the tree.
        """
        request = ctx.http.build_request("DELETE", f"{self._api_url}/2/tweets/{post.id}")
        try:
            answer = await send(ctx.http, request, DeletedAnswer, now=ctx.now(), irreversible=True)
        except Rejected as error:
            gone = error.answer.get("problem") == "resource-not-found"
            if not gone and error.answer.get("status") != HTTPStatus.NOT_FOUND:
                raise
            return
        if not answer.data.deleted:
            raise Rejected("X did not delete the post; delete it in X itself.", code="not-deleted")

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads the figures of posts, a hundred at a time.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await metrics.collect(posts, ctx, self._api_url)

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads the account's figures.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await metrics.collect_account(ctx, self._api_url)

    def _published(self, post_id: str, account: Account) -> Published:
        # The form of the address is from memory; X leads every such address to the post.
        url = f"{self._web_url}/{account.username}/status/{post_id}"
        return Published(id=post_id, url=url)
