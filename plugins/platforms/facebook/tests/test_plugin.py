from __future__ import annotations

import subprocess
import sys

from mpcas2_hookspecs import (
    ChecksPost,
    CollectsAccountMetrics,
    CollectsMetrics,
    ConnectsOAuth,
    CountsText,
    DeclaresQuotas,
    DeletesPosts,
    Hooks,
    ListsComments,
    ListsTargets,
    MarksText,
    Platform,
    PollsPublish,
    ReadsProfile,
    ReceivesWebhooks,
    RefreshesGrant,
    read_manifest,
)


def test_the_plugin_loads_nothing_heavy_before_it_is_asked() -> None:
    code = "import sys, mpcas2_platform_facebook; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_platform_has_the_capabilities_that_it_needs() -> None:
    import mpcas2_platform_facebook  # noqa: PLC0415 - imported as the host does

    hooks = Hooks()
    hooks.register(mpcas2_platform_facebook, "facebook")
    settings = {one.name: one.default for one in read_manifest("mpcas2_platform_facebook").settings}
    [platform] = hooks.register_platforms("facebook", settings)
    assert isinstance(platform, Platform)
    for capability in (
        ChecksPost,
        CollectsAccountMetrics,
        CollectsMetrics,
        DeclaresQuotas,
        DeletesPosts,
        ListsComments,
        MarksText,
        PollsPublish,
        ReadsProfile,
        ReceivesWebhooks,
    ):
        assert isinstance(platform, capability)
    # Tokens of Pages have no end by time, and a Page has no places inside.
    assert not isinstance(platform, (CountsText, ListsTargets, RefreshesGrant))
    assert isinstance(platform, ConnectsOAuth)
    assert platform.consent.url == "https://www.facebook.com/v26.0/dialog/oauth"
    assert platform.consent.scope_separator == ","
    assert not platform.consent.pkce
    assert platform.limits(None).comment is not None
