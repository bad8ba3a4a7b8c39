from __future__ import annotations

import subprocess
import sys

from mpcas2_hookspecs import ConnectsWithForm, Hooks, Platform, PollsPublish, RefreshesGrant


def test_the_plugin_loads_nothing_heavy_before_it_is_asked() -> None:
    code = "import sys, mpcas2_platform_bluesky; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_platform_has_the_capabilities_that_it_needs() -> None:
    import mpcas2_platform_bluesky  # noqa: PLC0415 - imported as the host does

    hooks = Hooks()
    hooks.register(mpcas2_platform_bluesky, "bluesky")
    [platform] = hooks.register_platforms("bluesky", {})
    assert isinstance(platform, Platform)
    assert isinstance(platform, ConnectsWithForm)
    assert isinstance(platform, RefreshesGrant)
    assert not isinstance(platform, PollsPublish)
