"""The test kit for MPCAS2 and its plugins.

Subclass :class:`PlatformSuite` with one fixture, and an adapter is held to the contract against the
practice network of its platform.
"""

import pytest

# Before the suites are imported, so that their assertions say what they compared.
pytest.register_assert_rewrite("mpcas2_testing.declaration", "mpcas2_testing.suite")

from mpcas2_testing.bench import Bench, Desk  # noqa: E402 - see above
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
from mpcas2_testing.samples import picture_bytes, video_bytes  # noqa: E402 - see above
from mpcas2_testing.suite import PlatformSuite  # noqa: E402 - see above

__all__ = (
    "PRACTICE_APP",
    "Bench",
    "CannedServer",
    "Desk",
    "MemoryConnectContext",
    "MemoryPublishContext",
    "PlatformSuite",
    "connect_with_consent",
    "picture_bytes",
    "serve_canned",
    "system_clock",
    "video_bytes",
)
