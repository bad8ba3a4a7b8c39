"""Mastodon as MPCAS2 sees it: any server, and stage, publish and find for one part of a post."""

from __future__ import annotations

import uuid
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
    FormField,
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
    Unauthorized,
)
from mpcas2_platform_mastodon import servers
from mpcas2_platform_mastodon.api import json_request, read, send
from mpcas2_platform_mastodon.lookup import StagedPost, look_up
from mpcas2_platform_mastodon.options import MastodonOptions
from mpcas2_platform_mastodon.posts import collect, comments_below, post_body, published
from mpcas2_platform_mastodon.rules import (
    POSTS,
    QUOTAS,
    limits_of,
    part_problems,
)
from mpcas2_platform_mastodon.text import marks, text_length
from mpcas2_platform_mastodon.uploads import upload
from mpcas2_platform_mastodon.wire import AccountAnswer, Configuration, Status

__all__ = ("MastodonPlatform",)

_DAY = 24 * 60 * 60.0


class MastodonPlatform:
    """Publishes to any Mastodon server.

    Each server registers an app when its first account is connected. A post goes out with an idempotency
    key that is chosen when it is staged; see :mod:`~mpcas2_platform_mastodon.lookup` for what it proves.

    Args:
        settings: ``client_name`` and ``website`` of the manifest.
    """

    key = "mastodon"
    title = "Mastodon"
    options: type[msgspec.Struct] = MastodonOptions
    quotas: Sequence[QuotaRule] = QUOTAS
    profile_seconds = _DAY
    server_field = FormField(
        name="server",
        title="Server",
        help="Where the account lives, such as mastodon.social, or the whole handle.",
    )

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._client_name = str(settings["client_name"])
        self._website = str(settings["website"])

    @property
    def consent(self) -> Consent:
        """The scopes that every server is asked for; all are needed."""
        return self.consent_at("")

    def consent_at(self, server: str) -> Consent:
        """Gives the consent page of a server."""
        return Consent(
            url=f"{server}/oauth/authorize" if server else "",
            scopes=servers.SCOPES,
            required=servers.SCOPES,
        )

    def server_of(self, text: str) -> str:
        """Reads what a person typed as a server's address; pure.

        Raises:
            Rejected: It names no server.
        """
        return servers.server_of(text)

    async def register_app(self, server: str, redirect_uri: str, ctx: ConnectContext) -> OAuthApp:
        """Registers an app with a server.

        Raises:
            Rejected: That is no Mastodon server, or it registers no apps.
            Unavailable: It cannot be reached now.
            RateLimited: It asks to come back later.
        """
        return await servers.register(
            ctx.http,
            server,
            redirect_uri,
            name=self._client_name,
            website=self._website,
            now=ctx.now(),
        )

    def grant_request(
        self, code: str, redirect_uri: str, verifier: str, app: OAuthApp
    ) -> HttpRequest:
        """Builds the request that trades a code for a grant."""
        return servers.grant_request(code, redirect_uri, verifier, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads the answer to a code.

        Raises:
            Rejected: The server refused the code or the app.
            RateLimited: It asks to come back later.
            Unavailable: Anything else.
        """
        return servers.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells the one account that the grant is for.

        Raises:
            Rejected: The server refuses to tell.
            RateLimited: It asks to come back later.
            Unavailable: It cannot be reached now.
        """
        if ctx.app is None or not ctx.app.server:
            raise Rejected("It is not known which server gave the permission. Start again.")
        try:
            profile = await servers.profile_of(ctx.http, ctx.app.server, ctx.now())
        except Unauthorized as error:
            raise Rejected(
                "The server refused the permission that it has just given. Start again.",
                code=error.code,
                answer=error.answer,
            ) from error
        return (Connection(profile=profile, grant=grant),)

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads anew who the account is and what its server allows.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await servers.profile_of(ctx.http, _server(ctx.account), ctx.now())

    def limits(self, account: Account | None) -> Limits:
        """Declares what the account's server allows."""
        return limits_of(account)

    def text_length(self, text: str) -> int:
        """Counts a text as servers do; pure."""
        return text_length(text, Configuration().statuses.characters_reserved_per_url)

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds links, mentions and hashtags; pure."""
        return marks(text)

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:
        """Judges a post by the rules that span several fields."""
        return [problem for part in parts for problem in part_problems(part, account)]

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Uploads the media, fixes the body of the one request and chooses its key.

        Raises:
            NotReady: The server is still processing a file.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        for problem in part_problems(part, ctx.account):
            raise Rejected(problem.message, code="invalid-post")
        server = _server(ctx.account)
        media_ids = [await upload(part, index, ctx, server) for index in range(len(part.media))]
        await ctx.spend(POSTS)
        staged = StagedPost(
            server=server,
            body=post_body(part, media_ids),
            key=uuid.uuid4().hex,
            keyed_at=ctx.now(),
        )
        return Staged(data=msgspec.to_builtins(staged))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Sends the post, with one request.

        Raises:
            OutcomeUnknown: The request may have been carried out.
            PlatformError: Any other of the tree: nothing happened.
        """
        post = msgspec.convert(staged.data, StagedPost)
        request = json_request(
            ctx.http,
            f"{post.server}/api/v1/statuses",
            post.body,
            {"idempotency-key": post.key},
        )
        response = await send(
            ctx.http,
            request,
            now=ctx.now(),
            irreversible=True,
            quota=POSTS,
            observe=ctx.observe,
        )
        return published(read(response, Status, irreversible=True))

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Looks for the post among the account's newest; for a while its key makes a repeat harmless.

        Raises:
            PlatformError: The question itself failed.
        """
        return await look_up(msgspec.convert(staged.data, StagedPost), ctx)

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Takes a post down; one that is gone already is no error.

        Raises:
            PlatformError: Any of the tree.
        """
        url = f"{_server(ctx.account)}/api/v1/statuses/{post.id}"
        try:
            await send(
                ctx.http, ctx.http.build_request("DELETE", url), now=ctx.now(), irreversible=True
            )
        except Rejected as error:
            if error.code not in {str(int(HTTPStatus.NOT_FOUND)), str(int(HTTPStatus.GONE))}:
                raise

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads the figures of posts, twenty at a time.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await collect(posts, ctx, _server(ctx.account))

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads the account's figures.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        url = f"{_server(ctx.account)}/api/v1/accounts/verify_credentials"
        response = await send(ctx.http, ctx.http.build_request("GET", url), now=ctx.now())
        told = read(response, AccountAnswer)
        return AccountMetrics(
            followers=told.followers_count,
            following=told.following_count,
            posts=told.statuses_count,
        )

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:  # noqa: ARG002 - servers give everything at once
        """Reads everything that was written below a post.

        Raises:
            Rejected: The post is gone.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        return await comments_below(post, ctx, _server(ctx.account))


def _server(account: Account) -> str:
    return str(account.data["server"])
