"""Everything that the practice network remembers between two resets."""

import asyncio
import secrets
from collections import deque
from datetime import datetime, timedelta
from typing import Annotated

import msgspec

from mpcas2_platform_tiktok.sandbox.answers import REFUSALS, ApiError, token_refused
from mpcas2_platform_tiktok.sandbox.creators import Creator, CreatorBook
from mpcas2_platform_tiktok.sandbox.media_rules import judge_video
from mpcas2_platform_tiktok.sandbox.post_request import DraftInfo, PostInfo, UploadSource
from mpcas2_platform_tiktok.sandbox.publishes import Publish, PublishBook, StoredMedia, Verdict
from mpcas2_platform_tiktok.sandbox.revocation import ListeningOAuthServer
from mpcas2_platform_tiktok.sandbox.scopes import RULES
from mpcas2_platform_tiktok.sandbox.webhook_events import EventSender
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.decisions import Decisions
from mpcas2_sandbox.files import FileDisk
from mpcas2_sandbox.windows import CallWindows, Window

TITLE = "TikTok"
DIRECT_POSTS = "direct posts"
PENDING_DRAFTS = "pending drafts"
_PROCESSING_SECONDS = 2.0
_UPLOAD_SECONDS = 3600.0
_DAY = 86_400.0
_UNAUDITED_USERS = 5
_FIRST_WINDOWS = (
    *(
        Window(route=route, limit=limit, seconds=60, per="user", rolling=True)
        for route, limit in {
            "POST /v2/post/publish/creator_info/query/": 20,
            "POST /v2/post/publish/video/init/": 6,
            "POST /v2/post/publish/inbox/video/init/": 6,
            "POST /v2/post/publish/content/init/": 6,
            "POST /v2/post/publish/status/fetch/": 30,
            "POST /v2/video/query/": 600,
            "POST /v2/video/list/": 600,
            "GET /v2/user/info/": 600,
        }.items()
    ),
    Window(route=DIRECT_POSTS, limit=15, seconds=_DAY, per="user", rolling=True),
    Window(route=PENDING_DRAFTS, limit=5, seconds=_DAY, per="user", rolling=True),
)


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What the control API steers.

    Args:
        audited: Whether every app passed the audit.
        refuse_next: Codes with which the next posts are refused, one each, in that order.
        banned_words: Words for which a text counts as spam.
        list_lag_seconds: How young a post may be without standing in ``video/list`` yet.
        upload_seconds: How long upload addresses live that are given from now on.
        verified: Domains and prefixes of addresses from which media may be pulled.
    """

    audited: bool = True
    refuse_next: tuple[str, ...] = ()
    banned_words: tuple[str, ...] = ()
    list_lag_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    upload_seconds: Annotated[float, msgspec.Meta(gt=0)] = _UPLOAD_SECONDS
    verified: tuple[str, ...] = ("127.0.0.1", "localhost", "::1")


class Stats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the network counted since the last reset.

    Args:
        posts: Posts that exist, or come into being without any further request.
        public: Those of them that everybody sees.
        drafts: Drafts that wait in an inbox.
        begun: Posts and drafts that were begun.
        failed: Those of them that failed.
        requests: Requests outside the control API.
    """

    posts: int
    public: int
    drafts: int
    begun: int
    failed: int
    requests: int


class TikTokState:
    """Creators, grants, posts, limits and webhooks of one practice network.

    Args:
        core: The clock and the request log.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.disk = FileDisk()
        self.creators = CreatorBook()
        self.oauth = ListeningOAuthServer(
            core, RULES, accounts=self.creators.all, title=TITLE, refuse=token_refused
        )
        self.windows = CallWindows(core.clock, _FIRST_WINDOWS)
        self.decisions: Decisions[Verdict] = Decisions(core, Verdict, seconds=_PROCESSING_SECONDS)
        self.publishes = PublishBook()
        self.events = EventSender(core, self.oauth.clients)
        self.oauth.on_end = self.events.tell_removed
        self.settings = Settings()
        self._refusals: deque[str] = deque()
        self._posting: dict[str, deque[tuple[datetime, str]]] = {}
        self.work: set[asyncio.Task[None]] = set()
        core.at_reset(self._stop_work)

    def change(self, settings: Settings) -> None:
        """Sets what the control API steers.

        Raises:
            ValueError: A code is none with which a request is refused.
        """
        for code in settings.refuse_next:
            if code not in REFUSALS:
                raise ValueError(f"{code!r} is none of {', '.join(REFUSALS)}")
        self.settings = settings
        self._refusals = deque(settings.refuse_next)

    def begin(
        self,
        creator: Creator,
        client_id: str,
        info: PostInfo,
        *,
        upload: UploadSource | None = None,
        urls: tuple[str, ...] = (),
        photos: bool = False,
        cover: int = 0,
    ) -> Publish:
        """Keeps a new post or draft that was checked already.

        Args:
            creator: Whose it is.
            client_id: Which app begins it.
            info: What is said about it.
            upload: The announced chunks; None where the media is pulled.
            urls: Where the media lies.
            photos: Whether it is about photos.
            cover: Which photo stands for it.
        """
        now = self.core.clock.now()
        publish_id, post_id = self.publishes.new_ids(
            info, upload=upload is not None, photos=photos, now=now
        )
        publish = Publish(
            id=publish_id,
            post_id=post_id,
            creator=creator,
            client_id=client_id,
            direct=not isinstance(info, DraftInfo),
            info=info,
            upload=upload,
            token=secrets.token_urlsafe(24),
            upload_until=now + timedelta(seconds=self.settings.upload_seconds),
            urls=urls,
            file=self.disk.new_file(),
            cover=cover,
            created_at=now,
        )
        self.publishes.add(publish)
        return publish

    def refuse_planned(self) -> None:
        """Refuses a post for the reason that the control API planned for it.

        Raises:
            ApiError: There is one.
        """
        if self._refusals:
            raise ApiError(self._refusals.popleft())

    def count_user(self, client_id: str, creator: Creator) -> None:
        """Counts a creator among those who post with an unaudited app today.

        Raises:
            ApiError: The app has as many as it may.
        """
        now = self.core.clock.now()
        posting = self._posting.setdefault(client_id, deque())
        while posting and now - posting[0][0] >= timedelta(seconds=_DAY):
            posting.popleft()
        users = {one for _, one in posting}
        if creator.id not in users and len(users) >= _UNAUDITED_USERS:
            raise ApiError("reached_active_user_cap")
        posting.append((now, creator.id))

    def uploaded(self, publish: Publish) -> None:
        """Takes up a video whose last byte has arrived."""
        judged = judge_video(publish.file, publish.creator.max_video_seconds)
        self.media_there(publish, [StoredMedia(file=publish.file, judged=judged)])

    def media_there(self, publish: Publish, media: list[StoredMedia]) -> None:
        """Lets processing of a post begin and announces its end to webhooks."""
        publish.media = media
        publish.decision = self.decisions.decide(publish.id)
        self.events.tell_decision(publish)

    def media_missing(self, publish: Publish, reason: str) -> None:
        """Lets a post fail whose media cannot be had."""
        publish.broken = reason
        self.events.tell_failure(publish, reason, self.core.clock.now())

    def stats(self) -> Stats:
        """Returns the counts as they stand."""
        now = self.core.clock.now()
        publishes = self.publishes.all()
        states = [one.status(now) for one in publishes]
        return Stats(
            posts=sum(one.exists(now) for one in publishes),
            public=sum(one.is_public(now) for one in publishes),
            drafts=states.count("SEND_TO_USER_INBOX"),
            begun=len(publishes),
            failed=states.count("FAILED"),
            requests=self.core.log.count,
        )

    def _stop_work(self) -> None:
        for task in self.work:
            task.cancel()
