"""The contract between MPCAS2 and its plugins.

A plugin depends on this package and on nothing else of MPCAS2. Everything that an author needs is
exported here; ``README.md`` is the guide.
"""

from mpcas2_hookspecs._markers import hookimpl
from mpcas2_hookspecs.account import (
    Account,
    AccountProfile,
    Connection,
    FormField,
    Grant,
    HttpAnswer,
    HttpRequest,
)
from mpcas2_hookspecs.context import AccountContext, ConnectContext, PublishContext
from mpcas2_hookspecs.errors import (
    NotReady,
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_hookspecs.facade import Hooks
from mpcas2_hookspecs.http import evidence_of, lost_connection, retry_after, unreadable
from mpcas2_hookspecs.limits import Limits, MediaKind, MediaRule, TextRule, TextUnit
from mpcas2_hookspecs.manifest import ManifestError, PluginManifest, Setting, read_manifest
from mpcas2_hookspecs.oauth import Consent, OAuthApp
from mpcas2_hookspecs.platform import (
    ChecksPost,
    CollectsMetrics,
    ConnectsOAuth,
    ConnectsWithForm,
    CountsText,
    DeclaresQuotas,
    DeletesPosts,
    ListsTargets,
    Platform,
    PollsPublish,
    RefreshesGrant,
)
from mpcas2_hookspecs.post import (
    Absent,
    Accepted,
    CannotTell,
    FindResult,
    Found,
    Media,
    Part,
    PollResult,
    PostMetrics,
    PostProblem,
    Published,
    PublishResult,
    Staged,
    StillDeciding,
    Target,
)
from mpcas2_hookspecs.quotas import QuotaReading, QuotaRule

API_VERSION = "0.2.0"
"""Version of the contract; the same as the distribution's."""

__all__ = (
    "API_VERSION",
    "Absent",
    "Accepted",
    "Account",
    "AccountContext",
    "AccountProfile",
    "CannotTell",
    "ChecksPost",
    "CollectsMetrics",
    "ConnectContext",
    "Connection",
    "ConnectsOAuth",
    "ConnectsWithForm",
    "Consent",
    "CountsText",
    "DeclaresQuotas",
    "DeletesPosts",
    "FindResult",
    "FormField",
    "Found",
    "Grant",
    "Hooks",
    "HttpAnswer",
    "HttpRequest",
    "Limits",
    "ListsTargets",
    "ManifestError",
    "Media",
    "MediaKind",
    "MediaRule",
    "NotReady",
    "OAuthApp",
    "OutcomeUnknown",
    "Part",
    "Platform",
    "PlatformError",
    "PluginManifest",
    "PollResult",
    "PollsPublish",
    "PostMetrics",
    "PostProblem",
    "PublishContext",
    "PublishResult",
    "Published",
    "QuotaReading",
    "QuotaRule",
    "RateLimited",
    "RefreshesGrant",
    "Rejected",
    "Setting",
    "Staged",
    "StillDeciding",
    "Target",
    "TextRule",
    "TextUnit",
    "Unauthorized",
    "Unavailable",
    "evidence_of",
    "hookimpl",
    "lost_connection",
    "read_manifest",
    "retry_after",
    "unreadable",
)
