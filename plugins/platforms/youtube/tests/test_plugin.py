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
    ListsTargets,
    MarksText,
    Platform,
    PollsPublish,
    RefreshesGrant,
    read_manifest,
)


def test_the_plugin_loads_nothing_heavy_before_it_is_asked() -> None:
    code = "import sys, mpcas2_platform_youtube; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_platform_has_the_capabilities_that_it_needs() -> None:
    import mpcas2_platform_youtube  # noqa: PLC0415 - imported as the host does

    manifest = read_manifest("mpcas2_platform_youtube")
    defaults = {setting.name: setting.default for setting in manifest.settings}
    hooks = Hooks()
    hooks.register(mpcas2_platform_youtube, "youtube")
    [platform] = hooks.register_platforms("youtube", defaults)
    for ability in (
        Platform,
        ConnectsOAuth,
        RefreshesGrant,
        PollsPublish,
        ChecksPost,
        DeclaresQuotas,
        ListsTargets,
        DeletesPosts,
        CollectsMetrics,
        CollectsAccountMetrics,
        ListsComments,
        MarksText,
    ):
        assert isinstance(platform, ability)
    assert not isinstance(platform, ConnectsWithForm)
    assert not isinstance(platform, CountsText)
