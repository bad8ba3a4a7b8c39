"""YouTube as MPCAS2 sees it: stage, publish, find and poll for one video, and what surrounds them."""

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
    CannotTell,
    CommentPage,
    ConnectContext,
    Connection,
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
    Target,
    TextMark,
    Unavailable,
)
from mpcas2_platform_youtube import channels, comments, oauth, upload
from mpcas2_platform_youtube.data_api import WRITE_UNITS, listed, send
from mpcas2_platform_youtube.faults import QUOTA_ZONE
from mpcas2_platform_youtube.follow_ups import fulfil
from mpcas2_platform_youtube.marks import marks
from mpcas2_platform_youtube.options import YouTubeOptions
from mpcas2_platform_youtube.processing import decision, unlisted
from mpcas2_platform_youtube.resumable import Gone, Waiting, ask_session
from mpcas2_platform_youtube.upload_state import Handle, OpenedSession, StagedUpload, Wishes
from mpcas2_platform_youtube.video import (
    LIMITS,
    draft_digest,
    insert_params,
    options_of,
    problems_of,
    the_video,
    video_resource,
    wanted_privacy,
)
from mpcas2_platform_youtube.wire import Page, Video

__all__ = ("YouTubePlatform",)

_DAY = 24 * 3600
# https://developers.google.com/youtube/v3/determine_quota_cost; a project may be granted more.
_QUOTAS = (
    QuotaRule(
        name="uploads", title="uploads", per="app", limit=100, window=_DAY, resets_in=QUOTA_ZONE
    ),
    QuotaRule(
        name="units",
        title="units of the YouTube Data API",
        per="app",
        limit=10_000,
        window=_DAY,
        resets_in=QUOTA_ZONE,
        per_part=0,
    ),
)
_IDS_PER_LIST = 50
# Seconds from the last byte to the first question how far YouTube is.
_FIRST_LOOK = 5.0


class YouTubePlatform:
    """Uploads videos to one channel.

    ``stage`` opens a resumable session, journals it and sends all but the end of the file; ``publish``
    sends the end, which makes the video; ``find`` asks the session. One session makes one video at
    most, whoever sends to it, so a lost answer never makes a second one.

    Args:
        settings: A value for each setting of the manifest.
    """

    key = "youtube"
    title = "YouTube"
    options: type[msgspec.Struct] = YouTubeOptions
    quotas: Sequence[QuotaRule] = _QUOTAS

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._api = str(settings["api_url"]).rstrip("/")
        self._token = str(settings["token_url"]).rstrip("/")
        self._web = str(settings["web_url"]).rstrip("/")
        self.consent = oauth.consent(str(settings["accounts_url"]).rstrip("/"))

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - the same for all accounts
        """Declares what may be posted; it is the same for every channel."""
        return LIMITS

    def check_post(self, parts: Sequence[Part], account: Account) -> Sequence[PostProblem]:  # noqa: ARG002 - the same for all accounts
        """Judges angle brackets, the length of all tags, and a publishing time."""
        return problems_of(parts)

    def grant_request(
        self, code: str, redirect_uri: str, verifier: str, app: OAuthApp
    ) -> HttpRequest:
        """Builds the request that trades a code for a grant."""
        return oauth.grant_request(self._token, code, redirect_uri, verifier, app)

    def parse_grant(self, answer: HttpAnswer) -> Grant:
        """Reads Google's answer to a code.

        Raises:
            Rejected: Google refused the code or the app, or gave no lasting access.
            RateLimited: Google asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_grant(answer)

    async def connections(self, grant: Grant, ctx: ConnectContext) -> Sequence[Connection]:
        """Tells which channels the grant reaches.

        Raises:
            Rejected: There is none.
            Unavailable: Google cannot be reached now.
            RateLimited: Google asks to come back later.
        """
        return await channels.connections(self._api, grant, ctx)

    def refresh_request(self, account: Account, grant: Grant, app: OAuthApp | None) -> HttpRequest:  # noqa: ARG002 - Google has one token server
        """Builds the request that renews a grant.

        Raises:
            Unauthorized: The grant cannot be renewed.
        """
        return oauth.refresh_request(self._token, grant, app)

    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        """Reads Google's answer to a renewal; it has no refresh token, because the old one stays.

        Raises:
            Unauthorized: The access was ended.
            RateLimited: Google asks to come back later.
            Unavailable: Anything else.
        """
        return oauth.parse_refresh(answer)

    def text_marks(self, text: str) -> Sequence[TextMark]:
        """Finds links, handles and hashtags; pure."""
        return marks(text, self._web)

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        """Opens an upload session, or takes the one of an earlier run, and sends all but the end.

        A first comment is only fixed: nothing of it can be prepared.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        if part.role == "comment":
            return Staged(data=msgspec.to_builtins(comments.staged(part, ctx.now())))
        media, options = the_video(part), options_of(part)
        session, offset = await self._brought(part, ctx)
        staged = StagedUpload(
            session=session.uri,
            opened_at=session.opened_at,
            offset=offset,
            media=media,
            title=part.title,
            description=part.text,
            wishes=Wishes(
                privacy=wanted_privacy(options),
                playlist_id=options.playlist_id,
                thumbnail=part.thumbnail,
            ),
        )
        return Staged(data=msgspec.to_builtins(staged))

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        """Sends the end of the file, which makes the video; or a first comment.

        Raises:
            OutcomeUnknown: The answer is missing, or the session is not through with the bytes.
            PlatformError: Any other of the tree: this send made no video.
        """
        if comments.ON_VIDEO in staged.data:
            comment = msgspec.convert(staged.data, comments.StagedComment)
            return await comments.publish(comment, ctx, self._api, self._web)
        state = msgspec.convert(staged.data, StagedUpload)
        return _accepted(await upload.finish(ctx, self._api, state), state)

    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        """Asks the session whether its video was made; for one that is gone, the channel's uploads.

        Raises:
            PlatformError: The question itself failed.
        """
        if comments.ON_VIDEO in staged.data:
            comment = msgspec.convert(staged.data, comments.StagedComment)
            return await comments.find(comment, ctx, self._api, self._web)
        state = msgspec.convert(staged.data, StagedUpload)
        total = state.media.size
        told = await ask_session(ctx, self._api, state.session, total)
        if isinstance(told, Gone):
            found = await channels.uploaded_since(self._api, state, ctx)
            return found if isinstance(found, CannotTell) else _accepted(found, state)
        if isinstance(told, Waiting):
            if told.received >= total:
                raise Unavailable("YouTube has the whole file and has not made the video yet.")
            return Absent(proof=f"the upload session has {told.received} of {total} bytes")
        if told.video_id is None:
            raise Unavailable("YouTube has made the video, and its answer cannot be read.")
        return _accepted(told.video_id, state)

    async def poll(self, handle: Mapping[str, Any], ctx: PublishContext) -> PollResult:
        """Asks how far YouTube is; once it is through, sets the thumbnail and fills the playlist.

        Raises:
            Rejected: YouTube failed or refused.
            PlatformError: The question failed; what is done already is not done again.
        """
        state = msgspec.convert(dict(handle), Handle)
        params = {"part": "snippet,status,processingDetails", "id": state.video_id}
        page = await listed(ctx, self._api, "videos", params, Page[Video])
        if not page.items:
            return await unlisted(state.video_id, ctx)
        video = decision(page.items[0], ctx.now())
        if isinstance(video, StillDeciding):
            return video
        warnings = await fulfil(state.video_id, state.wishes, video.status, self._api, ctx)
        data: dict[str, Any] = {"privacy": video.status.privacy_status}
        if video.status.publish_at is not None:
            data["publishAt"] = video.status.publish_at
        if warnings:
            data["warnings"] = warnings
        url = f"{self._web}/watch?v={state.video_id}"
        return Published(id=state.video_id, url=url, data=data)

    async def targets(self, ctx: AccountContext) -> Sequence[Target]:
        """Lists the channel's playlists.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await channels.playlists(self._api, self._web, ctx)

    async def delete(self, post: Published, ctx: AccountContext) -> None:
        """Deletes the video or the first comment; what is gone already is no error.

        Raises:
            PlatformError: Any of the tree.
        """
        if comments.ON_VIDEO in post.data:
            await comments.delete(post.id, ctx, self._api)
            return
        await ctx.spend("units", WRITE_UNITS)
        request = ctx.http.build_request(
            "DELETE", f"{self._api}/youtube/v3/videos", params={"id": post.id}
        )
        try:
            await send(ctx.http, request, now=ctx.now(), irreversible=True)
        except Rejected as error:
            if error.code != "videoNotFound":
                raise

    async def metrics(
        self, posts: Sequence[Published], ctx: AccountContext
    ) -> Mapping[str, PostMetrics]:
        """Reads views, likes and comments, fifty videos a request; YouTube tells no shares here.

        Of comments it tells nothing.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        figures: dict[str, PostMetrics] = {}
        videos = [post.id for post in posts if comments.ON_VIDEO not in post.data]
        for first in range(0, len(videos), _IDS_PER_LIST):
            ids = ",".join(videos[first : first + _IDS_PER_LIST])
            params = {"part": "statistics", "id": ids}
            page = await listed(ctx, self._api, "videos", params, Page[Video])
            for video in page.items:
                counts = video.statistics
                figures[video.id] = PostMetrics(
                    views=counts.view_count,
                    likes=counts.like_count,
                    comments=counts.comment_count,
                )
        return figures

    async def account_metrics(self, ctx: AccountContext) -> AccountMetrics:
        """Reads the channel's subscribers, videos and views.

        Raises:
            PlatformError: Any of the tree but ``OutcomeUnknown``.
        """
        return await channels.figures(self._api, ctx)

    async def comments(self, post: Published, ctx: AccountContext, cursor: str = "") -> CommentPage:
        """Reads a hundred comments of a video and the first answers to each, the newest first.

        Raises:
            Rejected: The video is gone, or takes no comments.
            PlatformError: Any other of the tree but ``OutcomeUnknown``.
        """
        return await comments.page_of(
            post.data.get(comments.ON_VIDEO, post.id), cursor, ctx, self._api, self._web
        )

    async def _brought(self, part: Part, ctx: PublishContext) -> tuple[OpenedSession, int]:
        """Gives the session of the part's video, and how many bytes it has."""
        media, options = the_video(part), options_of(part)
        resource, params = video_resource(part), insert_params(options)
        draft = draft_digest(resource, params, media)
        session = upload.opened_before(ctx, draft)
        if session is not None:
            offset = await upload.prepare(ctx, self._api, session, media, fresh=False)
            if offset is not None:
                return session, offset
        _refuse_past(options.publish_at, ctx.now())
        session = await upload.start(ctx, self._api, resource, params, media, draft)
        offset = await upload.prepare(ctx, self._api, session, media, fresh=True)
        if offset is None:
            raise Unavailable("YouTube dropped the upload at once; it starts anew.")
        return session, offset


def _accepted(video_id: str, staged: StagedUpload) -> Accepted:
    handle = Handle(video_id=video_id, wishes=staged.wishes)
    return Accepted(handle=msgspec.to_builtins(handle), check_after=_FIRST_LOOK)


def _refuse_past(publish_at: datetime | None, now: datetime) -> None:
    if publish_at is not None and publish_at <= now:
        raise Rejected(
            "The publishing time has passed; choose a later one, or leave it out.",
            code="publish-at-passed",
        )
