from __future__ import annotations

import pytest

from mpcas2_platform_twitter.adapter import XPlatform
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing import Bench, PlatformSuite


class TestX(PlatformSuite):
    practice = "twitter"

    @pytest.fixture
    def bench(self, network: SandboxProcess) -> Bench:
        person = network.control.call("GET", "accounts")["accounts"][0]
        return Bench(
            platform=XPlatform({"api_url": network.url, "web_url": network.url}),
            package="mpcas2_platform_twitter",
            control=network.control,
            publish_path="/2/tweets$",
            count_posts=lambda: int(network.control.call("GET", "stats")["posts"]),
            person=person["handle"],
            exact=False,
            repeats_words=False,
        )
