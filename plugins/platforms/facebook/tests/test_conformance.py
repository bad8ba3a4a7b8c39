from __future__ import annotations

from mpcas2_testing import PlatformSuite


class TestFacebook(PlatformSuite):
    practice = "facebook"
