from __future__ import annotations

import pytest

from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing import Bench, PlatformSuite


class TestBluesky(PlatformSuite):
    practice = "bluesky"

    @pytest.fixture
    def bench(self, network: SandboxProcess) -> Bench:
        alice = network.control.call("GET", "accounts")["accounts"][0]
        names = {"identifier": alice["handle"], "appPassword": alice["appPassword"]}
        return Bench(
            platform=BlueskyPlatform(),
            package="mpcas2_platform_bluesky",
            control=network.control,
            credentials={**names, "server": network.url},
            publish_path="putRecord",
            count_posts=lambda: int(network.control.call("GET", "stats")["posts"]),
        )
