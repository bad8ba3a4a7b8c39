"""Everything that the practice network remembers between two resets."""

from typing import Any

import msgspec

from mpcas2_platform_mastodon.sandbox.accounts import OAUTH_RULES, Account, AccountBook
from mpcas2_platform_mastodon.sandbox.media import MediaBook
from mpcas2_platform_mastodon.sandbox.numbers import Numbers
from mpcas2_platform_mastodon.sandbox.settings import MastodonSettings
from mpcas2_platform_mastodon.sandbox.statuses import LISTED, StatusBook
from mpcas2_sandbox import SandboxCore
from mpcas2_sandbox.oauth import OAuthServer
from mpcas2_sandbox.windows import CallWindows, Window

TITLE = "Mastodon"

CREATE, DELETE, UPLOAD = (
    "POST /api/v1/statuses",
    "DELETE /api/v1/statuses/{id}",
    "POST /api/v2/media",
)
_HALF_HOUR = 1800
# A token counts as an app here, so that each has a window of its own.
FIRST_WINDOWS = (
    Window(route="*", limit=300, seconds=300, per="app"),
    Window(route="*", limit=1500, seconds=300),
    Window(route=CREATE, limit=300, seconds=10_800),
    Window(route=UPLOAD, limit=30, seconds=_HALF_HOUR),
    Window(route=DELETE, limit=30, seconds=_HALF_HOUR),
)


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What the network counted since the last reset.

    Args:
        posts: Public and unlisted posts that exist now.
        statuses: Posts of every visibility that exist now.
        created: Posts that were ever made.
        deleted: Posts that were deleted.
        repeated: Requests that an Idempotency-Key answered with the first post.
        media: Files that exist.
        apps: Apps that registered themselves.
        throttled: Calls answered with 429.
        requests: Requests outside the control API.
    """

    posts: int
    statuses: int
    created: int
    deleted: int
    repeated: int
    media: int
    apps: int
    throttled: int
    requests: int


class MastodonState:
    """Accounts, grants, media and posts of one practice network.

    Args:
        core: The clock and the request log.
    """

    def __init__(self, core: SandboxCore) -> None:
        self.core = core
        self.settings = MastodonSettings()
        self.accounts = AccountBook(core.clock.now())
        self.oauth: OAuthServer[Account] = OAuthServer(
            core, OAUTH_RULES, accounts=self.accounts.all, title=TITLE
        )
        self.numbers = Numbers()
        self.media = MediaBook(core, self.numbers)
        self.statuses = StatusBook()
        self.limits = CallWindows(core.clock, FIRST_WINDOWS)
        self.apps: dict[str, dict[str, Any]] = {}
        self.throttled = 0

    def stats(self) -> Stats:
        """Returns the counts as they stand."""
        statuses = self.statuses
        return Stats(
            posts=sum(one.visibility in LISTED for one in statuses.all()),
            statuses=len(statuses),
            created=len(statuses) + statuses.deleted,
            deleted=statuses.deleted,
            repeated=statuses.repeated,
            media=len(self.media.all()),
            apps=len(self.apps),
            throttled=self.throttled,
            requests=self.core.log.count,
        )
