"""TikTok as MPCAS2 sees it: stage, publish, find and poll for a video or photos, and what surrounds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mpcas2_hookspecs import (
    Absent,
    Accepted,
    Account,
    AccountContext,
    AccountMetrics,
    AccountProfile,
    CannotTell,
    ConnectContext,
    Connection,
    FindResult,
    Grant,
    HttpAnswer,
    HttpRequest,
    Limits,
    Media,
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
    Unavailable,
    WebhookEvent,
    WebhookRequest,
)
from mpcas2_platform_tiktok import creators, figures, oauth, photos, uploads, webhooks
from mpcas2_platform_tiktok.api import TikTokApi
from mpcas2_platform_tiktok.faults import NO_SUCH_POST
from mpcas2_platform_tiktok.marks import marks_of
from mpcas2_platform_tiktok.options import TikTokOptions, options_of
from mpcas2_platform_tiktok.post_info import draft_digest, refuse_unless_allowed, video_info
from mpcas2_platform_tiktok.records import (
    Handle,
    StagedPhotos,
    StagedPost,
    StagedVideo,
    Upload,
)
from mpcas2_platform_tiktok.rules import limits_of, part_problems, video_of
from mpcas2_platform_tiktok.status import FAILED, UPLOADING, decision, status_of

__all__ = ("TikTokPlatform",)

_DAY = 24 * 3600
_QUOTAS = (
    QuotaRule(
        name="inits", title="begun posts a minute", per="account", limit=6, window=60, per_part=1
    ),
    QuotaRule(name="posts", title="direct posts", per="account", limit=15, window=_DAY),
    QuotaRule(name="drafts", title="drafts", per="account", limit=5, window=_DAY, per_part=0),
)
# Seconds from the last byte to the first question what became of it.
_FIRST_LOOK = 5.0
_UNKNOWN_PAUSE = 3600.0
_ASK_AGAIN = 60.0
_PROFILE_SECONDS = 60.0


class TikTokPlatform:
    """Posts videos and photos for one account, or leaves them there as drafts.

    A video is begun in ``stage``, which journals its publish_id and sends all but the last chunk;
    ``publish`` sends that, which makes the post; ``find`` asks after the publish_id. Photos are fetched
    by TikTok, so that the one request that names them is ``publish`` itself.

    Args:
        settings: A value for each setting of the manifest.
    """

    key = "tiktok"
    title = "TikTok"
    options: type[msgspec.Struct] = TikTokOptions
    quotas: Sequence[QuotaRule] = _QUOTAS
    profile_seconds = _PROFILE_SECONDS

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._api = TikTokApi(str(settings["api_url"]))
        self._web = str(settings["web_url"]).rstrip("/")
        self.consent = oauth.consent(self._web, str(settings["scopes"]))

    def limits(self, account: Account | None) -> Limits:
        """Declares what may be posted; a creator's own greatest length of videos holds."""
        return limits_of(account)

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:
        """Judges visibility, dimensions of photos, and options that do not go with the kind of post."""
        return [problem for part in parts for problem in part_problems(part, account)]

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds the hashtags and mentions of a text."""
        return marks_of(text, self._web)

    def grant_request(
        self,
        code: str,
        redirect_uri: str,
        verifier: str,  # noqa: ARG002 - TikTok asks web apps for no PKCE
        app: OAuthApp,
    ) -> HttpRequest:
        """Builds the request that trades a code for a grant."""
        return oauth.grant_request(self._api.url, code, redirect_uri, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads TikTok's answer to a code.

        Raises:
            Rejected: TikTok refused the code, the address or the app.
            RateLimited: TikTok asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells which account the grant is for; it is always one.

        Raises:
            Rejected: TikTok refuses to tell.
            Unavailable: TikTok cannot be reached now.
            RateLimited: TikTok asks to come back later.
        """
        return await creators.connections(self._api, grant, ctx)

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:  # noqa: ARG002 - TikTok has one token server
        """Builds the request that renews a grant.

        Raises:
            Unauthorized: The grant cannot be renewed.
        """
        return oauth.refresh_request(self._api.url, grant, app)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads TikTok's answer to a renewal; it always has a new refresh token.

        Raises:
            Unauthorized: The access was ended.
            RateLimited: TikTok asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_refresh(answer)

    async def read_profile(self, ctx: AccountContext) -> AccountProfile:
        """Reads the account, and what its creator allows now.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await creators.read_profile(self._api, ctx)

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Begins a video, or takes the one of an earlier run, and sends all but its last chunk.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        for problem in part_problems(part, ctx.account):
            # What the account may do is asked below: what we know of it may be old.
            if problem.field != "options.privacy" or options_of(part).privacy is None:
                raise Rejected(problem.message, code=problem.field)
        staged = await self._staged(part, ctx)
        return Staged(data=msgspec.to_builtins(staged))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Sends the last chunk of a video, or the one request that makes a post of photos.

        Raises:
            OutcomeUnknown: The answer is missing or unreadable.
            PlatformError: Any other of the tree: this request made no post.
        """
        post = _read(staged)
        if isinstance(post, StagedPhotos):
            publish_id = await photos.send_photos(self._api, ctx, post)
            return _accepted(publish_id, post, ctx.now())
        await uploads.finish(self._api, ctx, post.upload, post.media)
        return _accepted(post.upload.publish_id, post, ctx.now())

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Asks whether TikTok has the whole video; photos are looked for among the account's posts.

        Raises:
            PlatformError: The question itself failed.
        """
        post = _read(staged)
        if isinstance(post, StagedPhotos):
            return await photos.find_photos(self._api, ctx, post)
        upload, size = post.upload, post.media.size
        try:
            told = await status_of(self._api, ctx, upload.publish_id)
        except Rejected as error:
            if error.code not in NO_SUCH_POST:
                raise
            return CannotTell(
                reason=f"{error.message} Look at the account in the TikTok app for a video that was "
                f"posted after {upload.began_at:%Y-%m-%d %H:%M} UTC.",
                ask_again_after=_ASK_AGAIN,
            )
        have = told.uploaded_bytes
        if told.status in {UPLOADING, FAILED} and have is not None and have < size:
            return Absent(proof=f"TikTok says {told.status} with {have} of {size} bytes")
        if told.status == UPLOADING and have is None:
            return CannotTell(
                reason="TikTok does not say how much of the video it has; look in the TikTok app "
                "whether it was posted.",
                ask_again_after=_ASK_AGAIN,
            )
        return _accepted(upload.publish_id, post, ctx.now())

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        """Asks what TikTok decided.

        Raises:
            Rejected: TikTok did not publish it, or took it away again.
            PlatformError: The question failed.
        """
        post = msgspec.convert(dict(handle), Handle)
        try:
            told = await status_of(self._api, ctx, post.publish_id)
        except Rejected as error:
            # The question was refused, not the post: that may be public.
            if error.code not in NO_SUCH_POST:
                raise Unavailable(error.message, code=error.code, answer=error.answer) from error
            return StillDeciding(
                check_after=_UNKNOWN_PAUSE,
                note=f"{error.message} It is asked again; look at the account in the TikTok app.",
            )
        if told.status == FAILED:
            # The publish_id is used up: a retry has to begin another one.
            await uploads.forget(ctx)
        username = ctx.account.data.get("handle")
        return decision(told, post, ctx.now(), self._web, username)

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads views, likes, comments and shares, twenty posts a request.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await figures.post_figures(self._api, ctx, posts)

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads followers, followed accounts, posts and likes.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await figures.account_figures(self._api, ctx)

    def webhook_challenge(
        self,
        request: WebhookRequest,  # noqa: ARG002 - TikTok asks nothing
        app: OAuthApp,  # noqa: ARG002 - the same
        verify_token: str,  # noqa: ARG002 - the same
    ) -> HttpAnswer | None:
        """Says that no request is a question: TikTok makes sure of the address by its signature."""
        return None

    def read_webhook(self, request: WebhookRequest, app: OAuthApp) -> Sequence[WebhookEvent]:
        """Checks the signature and reads the event.

        Raises:
            Unauthorized: The signature is missing or wrong.
            Rejected: It is signed, and cannot be read.
        """
        return webhooks.read_events(request, app)

    async def _staged(self, part: Part, ctx: PublishContext) -> StagedPost:
        options, media = options_of(part), video_of(part)
        privacy = options.privacy if options.mode == "direct" else None
        if media is not None:
            return StagedVideo(
                upload=await self._brought(part, media, options, ctx),
                media=media,
                privacy=privacy,
                mode=options.mode,
                text=bool(part.text.strip()),
            )
        no_comments = options.disable_comment
        if options.mode == "direct":
            creator = await creators.creator_info(self._api, ctx.http, ctx.now())
            refuse_unless_allowed(options, creator, None)
            no_comments = no_comments or creator.comment_disabled
        return StagedPhotos(
            title=part.title,
            description=part.text,
            media=part.media,
            privacy=privacy,
            mode=options.mode,
            disable_comment=no_comments,
            auto_add_music=options.auto_add_music,
            brand_content=options.brand_content,
            brand_organic=options.brand_organic,
            prepared_at=ctx.now(),
        )

    async def _brought(
        self, part: Part, media: Media, options: TikTokOptions, ctx: PublishContext
    ) -> Upload:
        """Gives the upload of the part's video, with all but the last chunk there."""
        draft = draft_digest(part, media)
        upload = await uploads.resume(self._api, ctx, media, draft)
        if upload is None:
            info = None
            if options.mode == "direct":
                creator = await creators.creator_info(self._api, ctx.http, ctx.now())
                refuse_unless_allowed(options, creator, media.duration)
                info = video_info(part.text, options, creator)
            upload = await uploads.begin(self._api, ctx, info, media, draft, options.mode)
        return await uploads.bring(ctx, upload, media)


def _read(staged: Staged) -> StagedPost:
    post: StagedPost = msgspec.convert(staged.data, StagedPost)
    return post


def _accepted(publish_id: str, post: StagedPost, now: datetime) -> Accepted:
    video = isinstance(post, StagedVideo)
    handle = Handle(
        publish_id=publish_id,
        taken_at=now,
        privacy=post.privacy,
        mode=post.mode,
        photos=not video,
        loses_text=isinstance(post, StagedVideo) and post.text and post.mode == "inbox",
    )
    return Accepted(handle=msgspec.to_builtins(handle), check_after=_FIRST_LOOK, key=publish_id)
