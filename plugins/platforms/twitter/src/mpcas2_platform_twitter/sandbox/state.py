"""Everything that the practice network remembers between two resets."""

from typing import Annotated

import msgspec

from mpcas2_platform_twitter.sandbox.accounts import OAUTH_RULES, Account, AccountBook
from mpcas2_platform_twitter.sandbox.media import MediaBook
from mpcas2_platform_twitter.sandbox.numbers import Numbers
from mpcas2_platform_twitter.sandbox.posts import PostBook
from mpcas2_platform_twitter.sandbox.windows import FIRST_WINDOWS
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.oauth import OAuthServer
from mpcas2_sandbox.windows import CallWindows

TITLE = "X"


class XSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What the control API changes while the network runs.

    Args:
        timeline_lag_seconds: How old a post must be to stand in ``GET /2/users/{id}/tweets``.
        duplicate_seconds: For how long the same content is refused as a duplicate.
        processing_seconds: How long videos and GIFs that are finalized from now on are processed.
        fail_next_processing: Why the processing of the next video or GIF fails; null for none.
        credits_left: How many posts are still paid for; at 0 every call is answered with 402; null
            for any number.
        own_replies: Whether an app may reply to posts of the same account. X does not say whether its
            rule on replies exempts them.
    """

    timeline_lag_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    duplicate_seconds: Annotated[float, msgspec.Meta(ge=0)] = 86_400.0
    processing_seconds: Annotated[float, msgspec.Meta(ge=0)] = 2.0
    fail_next_processing: str | None = None
    credits_left: Annotated[int, msgspec.Meta(ge=0)] | None = None
    own_replies: bool = True


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What the network counted since the last reset.

    Args:
        posts: Posts that exist now.
        created: Posts that were ever made.
        deleted: Posts that were deleted.
        duplicates_refused: Posts refused because the same one exists.
        media: Files that were completed.
        throttled: Calls answered with 429.
        refreshes: Refresh tokens that were taken for new ones.
        requests: Requests outside the control API.
    """

    posts: int
    created: int
    deleted: int
    duplicates_refused: int
    media: int
    throttled: int
    refreshes: int
    requests: int


class XState:
    """Accounts, grants, media and posts of one practice network.

    Args:
        core: The clock and the request log.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.accounts = AccountBook(core.clock.now())
        self.oauth: OAuthServer[Account] = OAuthServer(
            core, OAUTH_RULES, accounts=self.accounts.all, title=TITLE
        )
        self.numbers = Numbers()
        self.media = MediaBook(core.clock, self.numbers)
        self.posts = PostBook()
        self.limits = CallWindows(core.clock, FIRST_WINDOWS)
        self.duplicates_refused = 0
        self.throttled = 0
        self._settings = XSettings()

    @property
    def settings(self) -> XSettings:
        """The settings as they stand, less what was used up of them."""
        return msgspec.structs.replace(self._settings, fail_next_processing=self.media.fail_next)

    def spend_credit(self) -> None:
        """Takes one post off the credits, where they are limited."""
        left = self._settings.credits_left
        if left is not None:
            self._settings = msgspec.structs.replace(self._settings, credits_left=max(0, left - 1))

    def change(self, settings: XSettings) -> None:
        """Takes new settings over."""
        self._settings = settings
        self.media.processing_seconds = settings.processing_seconds
        self.media.fail_next = settings.fail_next_processing

    def stats(self) -> Stats:
        """Returns the counts as they stand."""
        return Stats(
            posts=len(self.posts),
            created=len(self.posts) + self.posts.deleted,
            deleted=self.posts.deleted,
            duplicates_refused=self.duplicates_refused,
            media=self.media.uploads,
            throttled=self.throttled,
            refreshes=self.oauth.counters.refreshes,
            requests=self.core.log.count,
        )
