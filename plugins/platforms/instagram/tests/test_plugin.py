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
    code = "import sys, mpcas2_platform_instagram; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_platform_has_the_capabilities_that_instagram_has() -> None:
    import mpcas2_platform_instagram  # noqa: PLC0415 - imported as the host does

    hooks = Hooks()
    hooks.register(mpcas2_platform_instagram, "instagram")
    manifest = read_manifest("mpcas2_platform_instagram")
    settings = {one.name: one.default for one in manifest.settings}
    [platform] = hooks.register_platforms("instagram", settings)
    assert isinstance(platform, Platform)
    for capability in (
        ChecksPost,
        CollectsAccountMetrics,
        CollectsMetrics,
        ConnectsOAuth,
        DeclaresQuotas,
        ListsComments,
        MarksText,
        PollsPublish,
        ReadsProfile,
        ReceivesWebhooks,
        RefreshesGrant,
    ):
        assert isinstance(platform, capability), capability
    # Deleting needs Facebook login.
    assert not isinstance(platform, DeletesPosts)
    assert isinstance(platform, ConnectsOAuth)
    assert platform.consent.url == "https://www.instagram.com/oauth/authorize"
