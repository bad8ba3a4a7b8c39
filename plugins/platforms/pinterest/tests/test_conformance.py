from __future__ import annotations

from mpcas2_testing import PlatformSuite


class TestPinterest(PlatformSuite):
    practice = "pinterest"
