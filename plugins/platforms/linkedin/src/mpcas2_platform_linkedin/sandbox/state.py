"""Everything that the practice network remembers between two resets."""

from typing import Annotated

import msgspec

from mpcas2_platform_linkedin.sandbox.consent import LinkedInOAuth
from mpcas2_platform_linkedin.sandbox.directory import Directory
from mpcas2_platform_linkedin.sandbox.limits import DayLimits
from mpcas2_platform_linkedin.sandbox.media import PART_BYTES, MediaBook
from mpcas2_platform_linkedin.sandbox.notifications import Notifications
from mpcas2_platform_linkedin.sandbox.posts import PostBook
from mpcas2_sandbox import SandboxCore

TITLE = "LinkedIn"
_DAY = 86_400.0
_YEAR = 2026
_MONTHS = 11
Version = Annotated[str, msgspec.Meta(pattern=r"^20\d\d(0[1-9]|1[0-2])$")]

# LinkedIn keeps a monthly version for a year at least.
FIRST_VERSIONS = tuple(f"{_YEAR}{month:02d}" for month in range(1, _MONTHS + 1))


class LinkedInSettings(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"
):
    """What the control API changes while the network runs.

    Args:
        versions: The values of ``LinkedIn-Version`` that work; others answer 426.
        partner: Whether the apps are partners' and get refresh tokens.
        approved_scopes: The scopes that the apps may ask for.
        duplicate_seconds: For how long the same content is refused as a duplicate.
        ghost_duplicates: Whether posts that are deleted or withdrawn count as duplicates too.
        list_lag_seconds: How old a post must be to stand in ``GET /rest/posts?q=author``.
        part_bytes: The length of a video's parts.
        upload_token: What an upload of a video has to repeat at its end.
        comments_by_posting_scopes: Whether ``w_member_social`` and ``w_organization_social`` allow
            comments, as they once did.
        signature_prefix: Whether the value of ``X-LI-Signature`` begins with ``hmacsha256=``.
    """

    versions: tuple[Version, ...] = FIRST_VERSIONS
    partner: bool = False
    approved_scopes: tuple[str, ...] = ()
    duplicate_seconds: Annotated[float, msgspec.Meta(ge=0)] = _DAY
    ghost_duplicates: bool = False
    list_lag_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    part_bytes: Annotated[int, msgspec.Meta(ge=1024, le=PART_BYTES)] = PART_BYTES
    upload_token: str = ""
    comments_by_posting_scopes: bool = False
    signature_prefix: bool = False


class Stats(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the network counted since the last reset.

    Args:
        posts: Posts that people can see now.
        created: Posts that were ever made.
        deleted: Posts that were deleted.
        withdrawn: Posts that were taken and are withdrawn by now.
        truncated: Posts whose text was cut off.
        duplicates_refused: Posts refused because the same one exists.
        media: Uploads whose bytes are complete.
        comments: Comments that were ever written.
        throttled: Calls answered with 429.
        refreshes: Access tokens given for refresh tokens.
        requests: Requests outside the control API.
    """

    posts: int
    created: int
    deleted: int
    withdrawn: int
    truncated: int
    duplicates_refused: int
    media: int
    comments: int
    throttled: int
    refreshes: int
    requests: int


class LinkedInState:
    """Members, organisations, grants, media and posts of one practice network.

    Args:
        core: The clock and the request log.
        routes: The routes that a daily limit may count.
    """

    def __init__(self, core: SandboxCore, routes: tuple[str, ...]) -> None:
        self.core = core
        self.directory = Directory(core.clock.now())
        self.oauth = LinkedInOAuth(core, self.directory.members, TITLE)
        self.media = MediaBook(core)
        self.posts = PostBook(core)
        self.limits = DayLimits(core.clock, routes)
        self.notifications = Notifications(core)
        self.duplicates_refused = 0
        self.throttled = 0
        self.settings = LinkedInSettings(approved_scopes=tuple(sorted(self.oauth.approved)))

    def change(self, settings: LinkedInSettings) -> None:
        """Takes new settings over.

        Raises:
            ValueError: They name a scope that there is not.
        """
        unknown = set(settings.approved_scopes) - set(self.oauth.rules.scopes)
        if unknown:
            raise ValueError(f"unknown scopes: {' '.join(sorted(unknown))}")
        self.settings = settings
        self.oauth.partner = settings.partner
        self.oauth.approved = frozenset(settings.approved_scopes)
        self.media.part_bytes = settings.part_bytes
        self.notifications.prefixed = settings.signature_prefix

    def stats(self) -> Stats:
        """Returns the counts as they stand."""
        posts = self.posts.all()
        return Stats(
            posts=sum(self.posts.public(one) for one in posts),
            created=len(posts),
            deleted=sum(one.deleted_at is not None for one in posts),
            withdrawn=sum(self.posts.verdict(one).withdrawn is not None for one in posts),
            truncated=sum(one.text.cut for one in posts),
            duplicates_refused=self.duplicates_refused,
            media=sum(one.file is not None for one in self.media.all()),
            comments=self.posts.comments,
            throttled=self.throttled,
            refreshes=self.oauth.counters.refreshes,
            requests=self.core.log.count,
        )
