from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.pinterest.tests.sandbox.conftest import Client


def days(client: Client, back: int = 0) -> dict[str, str]:
    today = date.fromisoformat(client.control.call("GET", "clock")["now"][:10])
    return {"start_date": str(today - timedelta(days=back)), "end_date": str(today)}


def figures(client: Client, pin_id: str, *names: str, back: int = 0) -> dict[str, Any]:
    query = {**days(client, back), "metric_types": ",".join(names)}
    told: dict[str, Any] = client.json(f"/pins/{pin_id}/analytics", **query)["all"]
    return told


def test_figures_of_a_pin_grow_and_their_days_make_the_sum(ada: Client) -> None:
    pin_id = ada.pin()["id"]
    names = ("IMPRESSION", "SAVE", "SAVE_RATE", "TOTAL_COMMENTS", "TOTAL_REACTIONS")
    assert figures(ada, pin_id, *names)["summary_metrics"]["IMPRESSION"] == 0
    seen: list[int] = []
    for _ in range(3):
        ada.control.advance_clock(86_400)
        told = figures(ada, pin_id, *names, back=10)
        daily = [one["metrics"] for one in told["daily_metrics"]]
        assert len(daily) == 11
        assert sum(one["IMPRESSION"] for one in daily) == told["summary_metrics"]["IMPRESSION"]
        assert told["lifetime_metrics"].keys() == {"TOTAL_COMMENTS", "TOTAL_REACTIONS"}
        seen.append(told["summary_metrics"]["IMPRESSION"])
    assert 0 < seen[0] < seen[1] < seen[2]


def test_videos_have_figures_of_their_own(ada: Client) -> None:
    pin_id = ada.pin(media_source=ada.video_source(ada.uploaded()))["id"]
    ada.control.advance_clock(3600)
    told = figures(ada, pin_id, "VIDEO_MRC_VIEW", "VIDEO_START", "VIDEO_AVG_WATCH_TIME", back=1)
    assert all(value > 0 for value in told["summary_metrics"].values())


def test_figures_reach_ninety_days_back(ada: Client) -> None:
    pin_id = ada.pin()["id"]
    assert len(figures(ada, pin_id, "SAVE", back=90)["daily_metrics"]) == 91
    query = {**days(ada, 91), "metric_types": "SAVE"}
    assert ada.refusal(ada.get(f"/pins/{pin_id}/analytics", **query)) == (400, 400)


def test_several_pins_and_the_account_are_told_together(ada: Client, bob: Client) -> None:
    ids = [ada.pin()["id"] for _ in range(2)]
    ada.control.advance_clock(7200)
    query = {**days(ada, 1), "metric_types": "IMPRESSION"}
    told = ada.json("/pins/analytics", pin_ids=ids, **query)
    each = [told[one]["all"]["summary_metrics"]["IMPRESSION"] for one in ids]
    account = ada.json("/user_account/analytics", **query)["all"]["summary_metrics"]
    assert account == {"IMPRESSION": sum(each)}
    assert ada.json("/user_account")["monthly_views"] == sum(each)
    assert bob.refusal(bob.get("/pins/analytics", pin_ids=ids, **query)) == (401, 7)
    assert bob.refusal(bob.get(f"/pins/{ids[0]}/analytics", **query)) == (403, 403)
