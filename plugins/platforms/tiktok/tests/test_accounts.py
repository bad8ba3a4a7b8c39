from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import AccountProfile, Published, RateLimited, Rejected, Unauthorized
from mpcas2_platform_tiktok.adapter import TikTokPlatform
from mpcas2_testing.consent import connect_with_consent


def connected(worker: Any) -> Any:
    [connection] = asyncio.run(connect_with_consent(worker.platform, worker.control, "ada"))
    return connection


def refusal(code: str) -> dict[str, Any]:
    return {"data": {}, "error": {"code": code, "message": "no", "log_id": "L1"}}


def test_a_connected_account_knows_what_its_creator_allows(worker: Any) -> None:
    [ada, *_] = worker.control.call("GET", "accounts")["accounts"]
    profile = connected(worker).profile
    assert profile.platform_account_id == ada["id"]
    assert (profile.username, profile.display_name) == ("ada", ada["name"])
    assert profile.data["handle"] == "ada"
    assert profile.data["privacyOptions"] == ada["options"]
    assert profile.data["maxVideoSeconds"] == ada["maxVideoSeconds"]
    assert profile.data["stitchDisabled"] is False


def test_a_profile_is_read_anew(worker: Any) -> None:
    changed = {"commentDisabled": True, "maxVideoSeconds": 60, "private": True}
    worker.control.call("POST", "accounts/ada", changed)
    profile: AccountProfile = worker.run(worker.platform.read_profile)
    assert profile.data["commentDisabled"] is True
    assert profile.data["maxVideoSeconds"] == 60
    assert set(worker.account.data) <= set(profile.data)
    renewed = msgspec.structs.replace(worker.account, data=profile.data)
    [video, _] = worker.platform.limits(renewed).media
    assert video.max_duration == 60.0


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "spam_risk_user_banned_from_posting"),
        (403, "spam_risk_too_many_posts"),
        (403, "reached_active_user_cap"),
    ],
)
def test_who_may_not_post_today_is_an_account_all_the_same(
    worker: Any, status: int, code: str
) -> None:
    worker.answers("creator_info", status, refusal(code))
    fresh = connected(worker).profile
    assert fresh.username == "ada"
    assert "privacyOptions" not in fresh.data
    worker.answers("creator_info", status, refusal(code))
    profile = worker.run(worker.platform.read_profile)
    assert profile.data == worker.account.data


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "access_token_invalid", Rejected),
        (401, "scope_permission_missed", Rejected),
        (429, "rate_limit_exceeded", RateLimited),
    ],
)
def test_what_tiktok_refuses_while_connecting_is_told(
    worker: Any, status: int, code: str, kind: type[Exception]
) -> None:
    worker.answers("user/info", status, refusal(code))
    with pytest.raises(kind):
        connected(worker)


def test_an_installation_for_drafts_alone_asks_for_less(worker: Any, network: Any) -> None:
    settings = {"scopes": "user.info.basic,video.upload"}
    worker.platform = TikTokPlatform({"api_url": network.url, "web_url": network.url, **settings})
    before = len(worker.sent())
    connection = connected(worker)
    assert worker.sent()[before:] == ["token", "info"]
    assert connection.profile.data == {"scopes": ["user.info.basic", "video.upload"]}
    assert connection.profile.username


def test_figures_of_posts_are_read_twenty_at_a_time(worker: Any) -> None:
    post = worker.settled(worker.publish(worker.stage(worker.video())).handle)
    others = [Published(id=str(number)) for number in range(20)]
    drafts = [Published(id="v_inbox_file~v2.1")]
    asked = worker.sent().count("query")
    figures = worker.run(lambda ctx: worker.platform.metrics([*others, *drafts, post], ctx))
    assert list(figures) == [post.id]
    assert worker.sent().count("query") == asked + 2
    assert worker.run(lambda ctx: worker.platform.metrics(drafts, ctx)) == {}


def test_figures_of_the_account_are_read(worker: Any) -> None:
    figures = worker.run(worker.platform.account_metrics)
    assert figures.followers is not None
    assert figures.posts == 0
    assert "likes_count" in figures.more


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("video/query", lambda platform, ctx: platform.metrics([Published(id="1")], ctx)),
        ("user/info", lambda platform, ctx: platform.account_metrics(ctx)),
    ],
)
def test_a_permission_for_figures_alone_does_not_end_the_account(
    worker: Any, path: str, call: Any
) -> None:
    worker.answers(path, 401, refusal("scope_not_authorized"))
    with pytest.raises(Rejected, match="without"):
        worker.run(lambda ctx: call(worker.platform, ctx))
    worker.answers(path, 401, refusal("access_token_invalid"))
    with pytest.raises(Unauthorized):
        worker.run(lambda ctx: call(worker.platform, ctx))
