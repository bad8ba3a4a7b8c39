"""What is read off an account: boards, sections and figures."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from mpcas2_hookspecs import AccountMetrics, Published, Rejected, Target
from mpcas2_testing import CannedServer


def test_boards_come_with_their_sections(worker: Any, canned: CannedServer) -> None:
    boards = [
        {"id": "1", "name": "Food"},
        {"id": "2", "name": "Ads", "is_ads_only": True},
    ]
    canned.answer("boards", {"items": boards, "bookmark": None})
    canned.answer("sections", {"items": [{"id": "8", "name": "Soup"}], "bookmark": None})
    assert worker.run(lambda platform, ctx: platform.targets(ctx)) == [
        Target(id="1", title="Food", option="boardId"),
        Target(id="8", title="Food / Soup", option="boardSectionId"),
    ]
    assert [one.path for one in canned.received] == [
        "/below/v5/boards",
        "/below/v5/boards/1/sections",
    ]


def test_pages_of_boards_are_followed_to_an_end(worker: Any, canned: CannedServer) -> None:
    canned.answer("boards", {"items": [], "bookmark": "more"})
    worker.run(lambda platform, ctx: platform.targets(ctx))
    queries = [parse_qs(one.query) for one in canned.received]
    assert queries[0] == {"page_size": ["250"]}
    assert queries[1] == {"page_size": ["250"], "bookmark": ["more"]}
    assert len(queries) == 20


def figures(worker: Any, *posts: Published) -> Any:
    return worker.run(lambda platform, ctx: platform.metrics(posts, ctx))


def test_figures_of_a_picture(worker: Any, canned: CannedServer) -> None:
    told = {
        "summary_metrics": {"IMPRESSION": 240, "SAVE": 20, "PIN_CLICK": 37, "OUTBOUND_CLICK": 3},
        "lifetime_metrics": {"TOTAL_COMMENTS": 10, "TOTAL_REACTIONS": 12},
    }
    canned.answer("analytics", {"all": told})
    found = figures(worker, Published(id="9"), Published(id="9"))["9"]
    assert (found.views, found.likes, found.comments) == (240, 12, 10)
    assert (found.saves, found.clicks, found.shares) == (20, 3, None)
    assert found.more == {"pin_click": 37.0}
    (request,) = canned.received
    query = parse_qs(request.query)
    assert (query["start_date"], query["end_date"]) == (["2026-08-26"], ["2026-11-23"])
    assert "VIDEO" not in query["metric_types"][0]


def test_figures_of_a_video_have_views_of_its_own(worker: Any, canned: CannedServer) -> None:
    told = {"summary_metrics": {"IMPRESSION": 240, "VIDEO_MRC_VIEW": 20, "VIDEO_START": 29}}
    canned.answer("analytics", {"all": told})
    found = figures(worker, Published(id="9", data={"filmed": True}))["9"]
    assert found.views == 20
    assert found.more == {"impression": 240.0, "video_start": 29.0}
    assert "VIDEO_MRC_VIEW" in canned.received[0].query


def test_a_pin_without_figures_yet_tells_nothing(worker: Any, canned: CannedServer) -> None:
    canned.answer("analytics", {})
    assert figures(worker, Published(id="9"))["9"].views is None


def test_a_pin_that_is_gone_is_missing_and_a_refusal_is_none(
    worker: Any, canned: CannedServer
) -> None:
    canned.answer("analytics", {"code": 404, "message": "Pin not found."}, status=404)
    assert figures(worker, Published(id="9")) == {}
    canned.answer("analytics", {"code": 403, "message": "Not authorized."}, status=403)
    with pytest.raises(Rejected):
        figures(worker, Published(id="9"))


def test_figures_of_an_account(worker: Any, canned: CannedServer) -> None:
    user = {"id": "7", "username": "ada", "follower_count": 10, "pin_count": 3, "board_count": 2}
    canned.answer("user_account", user)
    found = worker.run(lambda platform, ctx: platform.account_metrics(ctx))
    assert found == AccountMetrics(followers=10, posts=3, more={"boards": 2.0})
