from __future__ import annotations

import subprocess
import sys

from mpcas2_hookspecs import (
    ChecksPost,
    CollectsAccountMetrics,
    CollectsMetrics,
    ConnectsOAuth,
    DeclaresQuotas,
    DeletesPosts,
    Hooks,
    ListsComments,
    MarksText,
    Platform,
    PollsPublish,
    ReadsProfile,
    ReceivesWebhooks,
    RefreshesGrant,
    read_manifest,
)


def test_the_plugin_loads_nothing_heavy_before_it_is_asked() -> None:
    code = "import sys, mpcas2_platform_tiktok; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_platform_has_the_capabilities_of_the_network() -> None:
    import mpcas2_platform_tiktok  # noqa: PLC0415 - imported as the host does

    manifest = read_manifest("mpcas2_platform_tiktok")
    defaults = {setting.name: setting.default for setting in manifest.settings}
    hooks = Hooks()
    hooks.register(mpcas2_platform_tiktok, "tiktok")
    [platform] = hooks.register_platforms("tiktok", defaults)
    for ability in (
        Platform,
        ConnectsOAuth,
        RefreshesGrant,
        ReadsProfile,
        PollsPublish,
        ChecksPost,
        MarksText,
        DeclaresQuotas,
        CollectsMetrics,
        CollectsAccountMetrics,
        ReceivesWebhooks,
    ):
        assert isinstance(platform, ability)
    assert not isinstance(platform, DeletesPosts)
    assert not isinstance(platform, ListsComments)
    assert platform.limits(None).comment is None
