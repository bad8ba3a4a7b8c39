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
    ReceivesWebhooks,
    RefreshesGrant,
    read_manifest,
)


def test_the_plugin_loads_nothing_heavy_before_it_is_asked() -> None:
    code = "import sys, mpcas2_platform_linkedin; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_platform_has_the_capabilities_that_it_needs() -> None:
    import mpcas2_platform_linkedin  # noqa: PLC0415 - imported as the host does

    hooks = Hooks()
    hooks.register(mpcas2_platform_linkedin, "linkedin")
    settings = {one.name: one.default for one in read_manifest("mpcas2_platform_linkedin").settings}
    [platform] = hooks.register_platforms("linkedin", settings)
    assert isinstance(platform, Platform)
    for capability in (
        ConnectsOAuth,
        RefreshesGrant,
        ReadsProfile,
        PollsPublish,
        ChecksPost,
        MarksText,
        DeletesPosts,
        CollectsMetrics,
        CollectsAccountMetrics,
        ListsComments,
        ReceivesWebhooks,
    ):
        assert isinstance(platform, capability)
    assert not isinstance(platform, (ConnectsWithForm, CountsText, DeclaresQuotas))
    assert isinstance(platform, ConnectsOAuth)
    consent = platform.consent
    assert consent.url == "https://www.linkedin.com/oauth/v2/authorization"
    assert consent.scopes == ("openid", "profile", "w_member_social")
    assert not consent.pkce
    assert platform.limits(None).comment is None
