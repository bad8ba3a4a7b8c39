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
from mpcas2_hookspecs.capabilities import (
    ChecksPost,
    CollectsAccountMetrics,
    CollectsMetrics,
    CountsText,
    DeclaresQuotas,
    DeletesPosts,
    ListsComments,
    ListsTargets,
    MarksText,
    PollsPublish,
)
from mpcas2_hookspecs.connecting import (
    ConnectsOAuth,
    ConnectsWithForm,
    ReadsProfile,
    RefreshesGrant,
    RegistersApp,
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
from mpcas2_hookspecs.forms import FormBody, FormFile, form_with_files
from mpcas2_hookspecs.http import evidence_of, lost_connection, retry_after, unreadable
from mpcas2_hookspecs.limits import Limits, MediaKind, MediaRule, TextRule, TextUnit
from mpcas2_hookspecs.manifest import ManifestError, PluginManifest, Setting, read_manifest
from mpcas2_hookspecs.oauth import Consent, OAuthApp
from mpcas2_hookspecs.platform import Platform
from mpcas2_hookspecs.post import (
    Absent,
    Accepted,
    AccountMetrics,
    CannotTell,
    Comment,
    CommentPage,
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
    TextMark,
)
from mpcas2_hookspecs.quotas import QuotaReading, QuotaRule
from mpcas2_hookspecs.webhooks import (
    ReceivesWebhooks,
    WebhookEvent,
    WebhookKind,
    WebhookRequest,
)

API_VERSION = "0.3.0"
"""Version of the contract; the same as the distribution's."""

__all__ = (
    "API_VERSION",
    "Absent",
    "Accepted",
    "Account",
    "AccountContext",
    "AccountMetrics",
    "AccountProfile",
    "CannotTell",
    "ChecksPost",
    "CollectsAccountMetrics",
    "CollectsMetrics",
    "Comment",
    "CommentPage",
    "ConnectContext",
    "Connection",
    "ConnectsOAuth",
    "ConnectsWithForm",
    "Consent",
    "CountsText",
    "DeclaresQuotas",
    "DeletesPosts",
    "FindResult",
    "FormBody",
    "FormField",
    "FormFile",
    "Found",
    "Grant",
    "Hooks",
    "HttpAnswer",
    "HttpRequest",
    "Limits",
    "ListsComments",
    "ListsTargets",
    "ManifestError",
    "MarksText",
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
    "ReadsProfile",
    "ReceivesWebhooks",
    "RefreshesGrant",
    "RegistersApp",
    "Rejected",
    "Setting",
    "Staged",
    "StillDeciding",
    "Target",
    "TextMark",
    "TextRule",
    "TextUnit",
    "Unauthorized",
    "Unavailable",
    "WebhookEvent",
    "WebhookKind",
    "WebhookRequest",
    "evidence_of",
    "form_with_files",
    "hookimpl",
    "lost_connection",
    "read_manifest",
    "retry_after",
    "unreadable",
)
