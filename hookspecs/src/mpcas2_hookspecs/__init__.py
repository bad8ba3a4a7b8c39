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
    HttpRequest,
)
from mpcas2_hookspecs.context import ConnectContext, PublishContext
from mpcas2_hookspecs.errors import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_hookspecs.facade import Hooks
from mpcas2_hookspecs.limits import Limits, MediaKind, MediaRule, TextRule, TextUnit
from mpcas2_hookspecs.manifest import ManifestError, PluginManifest, Setting, read_manifest
from mpcas2_hookspecs.platform import ConnectsWithForm, Platform, PollsPublish, RefreshesGrant
from mpcas2_hookspecs.post import (
    Absent,
    Accepted,
    CannotTell,
    FindResult,
    Found,
    Media,
    Part,
    PollResult,
    Published,
    PublishResult,
    Staged,
    StillDeciding,
)

API_VERSION = "0.1.0"
"""Version of the contract; the same as the distribution's."""

__all__ = (
    "API_VERSION",
    "Absent",
    "Accepted",
    "Account",
    "AccountProfile",
    "CannotTell",
    "ConnectContext",
    "Connection",
    "ConnectsWithForm",
    "FindResult",
    "FormField",
    "Found",
    "Grant",
    "Hooks",
    "HttpRequest",
    "Limits",
    "ManifestError",
    "Media",
    "MediaKind",
    "MediaRule",
    "OutcomeUnknown",
    "Part",
    "Platform",
    "PlatformError",
    "PluginManifest",
    "PollResult",
    "PollsPublish",
    "PublishContext",
    "PublishResult",
    "Published",
    "RateLimited",
    "RefreshesGrant",
    "Rejected",
    "Setting",
    "Staged",
    "StillDeciding",
    "TextRule",
    "TextUnit",
    "Unauthorized",
    "Unavailable",
    "hookimpl",
    "read_manifest",
)
