"""The test kit for MPCAS2 and its plugins.

Subclass :class:`PlatformSuite` with one line, and an adapter is held to the contract against the
practice network of its platform.
"""

import pytest

# Before the suites are imported, so that their assertions say what they compared.
pytest.register_assert_rewrite(
    *(
        f"mpcas2_testing.{name}"
        for name in (
            "capability_rules",
            "declaration",
            "desk",
            "fault_rules",
            "faulted",
            "fitting",
            "grant_rules",
            "limit_rules",
            "media_rules",
            "publishing_rules",
            "resume_rules",
            "suite",
            "webhook_rules",
        )
    )
)

from mpcas2_testing.bench import Bench  # noqa: E402 - see above
from mpcas2_testing.canned import CannedServer, serve_canned  # noqa: E402 - see above
from mpcas2_testing.consent import (  # noqa: E402 - see above
    PRACTICE_APP,
    connect_with_consent,
)
from mpcas2_testing.context import (  # noqa: E402 - see above
    MemoryConnectContext,
    MemoryPublishContext,
    system_clock,
)
from mpcas2_testing.desk import Desk  # noqa: E402 - see above
from mpcas2_testing.samples import (  # noqa: E402 - see above
    document_bytes,
    jpeg_bytes,
    picture_bytes,
    video_bytes,
)
from mpcas2_testing.suite import PlatformSuite  # noqa: E402 - see above
from mpcas2_testing.trouble import Trouble  # noqa: E402 - see above

__all__ = (
    "PRACTICE_APP",
    "Bench",
    "CannedServer",
    "Desk",
    "MemoryConnectContext",
    "MemoryPublishContext",
    "PlatformSuite",
    "Trouble",
    "connect_with_consent",
    "document_bytes",
    "jpeg_bytes",
    "picture_bytes",
    "serve_canned",
    "system_clock",
    "video_bytes",
)
