from __future__ import annotations

import subprocess
import sys

from mpcas2_hookspecs import (
    ChecksPost,
    CollectsAccountMetrics,
    CollectsMetrics,
    ConnectsOAuth,
    ConnectsWithForm,
    CountsText,
    DeclaresQuotas,
    DeletesPosts,
    Hooks,
    ListsComments,
    MarksText,
    Platform,
    PollsPublish,
    ReadsProfile,
    RefreshesGrant,
    read_manifest,
)


def test_the_plugin_loads_nothing_heavy_before_it_is_asked() -> None:
    code = "import sys, mpcas2_platform_twitter; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_platform_has_the_capabilities_that_it_needs() -> None:
    import mpcas2_platform_twitter  # noqa: PLC0415 - imported as the host does

    hooks = Hooks()
    hooks.register(mpcas2_platform_twitter, "twitter")
    settings = {one.name: one.default for one in read_manifest("mpcas2_platform_twitter").settings}
    [platform] = hooks.register_platforms("twitter", settings)
    assert isinstance(platform, Platform)
    for capability in (
        ConnectsOAuth,
        RefreshesGrant,
        ChecksPost,
        CountsText,
        MarksText,
        ReadsProfile,
        CollectsAccountMetrics,
        DeclaresQuotas,
        DeletesPosts,
        CollectsMetrics,
    ):
        assert isinstance(platform, capability)
    assert not isinstance(platform, (ConnectsWithForm, ListsComments, PollsPublish))
    assert isinstance(platform, ConnectsOAuth)
    assert platform.consent.url == "https://x.com/i/oauth2/authorize"
