"""Everything that the practice network remembers between two resets."""

from typing import Annotated

import msgspec

from mpcas2_platform_pinterest.sandbox.consent import RULES, show_tokens, token_refused
from mpcas2_platform_pinterest.sandbox.pinners import PinnerBook
from mpcas2_platform_pinterest.sandbox.pins import PinBook
from mpcas2_platform_pinterest.sandbox.uploads import MAX_VIDEO_BYTES, MediaBook
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.oauth import OAuthServer
from mpcas2_sandbox.windows import CallWindows, Window

TITLE = "Pinterest"
READ = "org_read"
WRITE = "org_write"
ANALYTICS = "org_analytics"
_UPLOAD_SECONDS = 3600.0
_FIRST_WINDOWS = (
    Window(route=READ, limit=1000, seconds=60),
    Window(route=WRITE, limit=1000, seconds=60),
    Window(route=ANALYTICS, limit=300, seconds=60),
)


class Settings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What the control API steers.

    Args:
        trial_access: Whether apps have trial access: only the creator sees what they pin.
        legacy_app: Whether apps must ask for continuous refresh tokens.
        revokes_user_tokens: Whether the tokens of people can be revoked by an app.
        list_lag_seconds: How young a Pin may be without standing in lists yet.
        upload_seconds: How long uploads are taken for media that is registered from now on.
        max_video_bytes: How large such media may be.
    """

    trial_access: bool = False
    legacy_app: bool = False
    revokes_user_tokens: bool = False
    list_lag_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    upload_seconds: Annotated[float, msgspec.Meta(gt=0)] = _UPLOAD_SECONDS
    max_video_bytes: Annotated[int, msgspec.Meta(ge=1, le=MAX_VIDEO_BYTES)] = MAX_VIDEO_BYTES


class Stats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the network counted since the last reset.

    Args:
        posts: Pins that exist.
        public: Those of them that everybody sees.
        created: Pins that were ever made.
        deleted: Pins that their owners deleted.
        removed: Pins that moderators took away.
        boards: Boards that exist.
        media: Uploads that were registered.
        uploads: Those of them whose bytes arrived.
        throttled: Calls that were one too many.
        refreshes: Tokens that were refreshed.
        requests: Requests outside the control API.
    """

    posts: int
    public: int
    created: int
    deleted: int
    removed: int
    boards: int
    media: int
    uploads: int
    throttled: int
    refreshes: int
    requests: int


class PinterestState:
    """Accounts, boards, Pins, uploads, grants and limits of one practice network.

    Args:
        core: The clock and the request log.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.pinners = PinnerBook(core.clock.now())
        self.pins = PinBook(core)
        self.media = MediaBook(core)
        self.oauth = OAuthServer(
            core,
            RULES,
            accounts=self.pinners.all,
            title=TITLE,
            refuse=token_refused,
            show_answer=show_tokens,
        )
        self.windows = CallWindows(core.clock, _FIRST_WINDOWS)
        self.settings = Settings()
        self.throttled = 0

    def stats(self) -> Stats:
        """Returns the counts as they stand."""
        pins = self.pins.every()
        media = self.media.all()
        return Stats(
            posts=sum(self.pins.exists(one) for one in pins),
            public=sum(self.pins.is_public(one) for one in pins),
            created=len(pins),
            deleted=sum(one.deleted_at is not None for one in pins),
            removed=sum(self.pins.is_removed(one) for one in pins),
            boards=len(self.pinners.boards()),
            media=len(media),
            uploads=sum(one.file is not None for one in media),
            throttled=self.throttled,
            refreshes=self.oauth.counters.refreshes,
            requests=self.core.log.count,
        )
