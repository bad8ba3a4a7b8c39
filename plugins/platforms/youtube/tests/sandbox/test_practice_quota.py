from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.youtube.tests.sandbox.conftest import Creator


def project(creator: Creator, client_id: str = "practice-client") -> dict[str, Any]:
    projects = creator.control.call("GET", "quota")["projects"]
    return next(one for one in projects if one["clientId"] == client_id)


def to_midnight(creator: Creator, seconds: float) -> None:
    """Moves the clock to so many seconds after the next midnight in Los Angeles."""
    now = datetime.fromisoformat(creator.control.call("GET", "clock")["now"])
    local = now.astimezone(ZoneInfo("America/Los_Angeles"))
    midnight = datetime.combine(local.date() + timedelta(days=1), datetime.min.time(), local.tzinfo)
    creator.control.advance_clock((midnight.astimezone(UTC) - now).total_seconds() + seconds)
    creator.connect()


def test_uploads_and_all_the_rest_are_counted_apart(ada: Creator) -> None:
    ada.upload()
    ada.get("channels", part="id", mine="true")
    ada.post("playlists", {"snippet": {"title": "x"}}, part="snippet")
    ada.delete("videos", id="nothing")
    shown = project(ada)
    assert (shown["uploadsUsed"], shown["uploadsLimit"]) == (1, 100)
    assert (shown["unitsUsed"], shown["unitsLimit"]) == (101, 10_000)


def test_refused_requests_cost_too(ada: Creator) -> None:
    ada.start(ada.metadata(snippet={"title": ""}))
    ada.get("videos", part="nothing", id="x")
    shown = project(ada)
    assert (shown["uploadsUsed"], shown["unitsUsed"]) == (1, 1)


def test_used_up_uploads_leave_the_rest_alone(ada: Creator) -> None:
    ada.control.call("POST", "quota", {"uploads": 2})
    for _ in range(2):
        assert ada.start(ada.metadata()).status_code == 200
    assert ada.refusal(ada.start(ada.metadata())) == (403, "quotaExceeded")
    assert ada.get("channels", part="id", mine="true").status_code == 200


def test_used_up_units_leave_uploads_alone(ada: Creator) -> None:
    ada.control.call("POST", "quota", {"units": 2})
    for status in (200, 200, 403):
        assert ada.get("channels", part="id", mine="true").status_code == status
    assert ada.upload()["id"]


def test_sending_bytes_costs_nothing(ada: Creator) -> None:
    ada.control.call("POST", "quota", {"uploads": 1, "units": 0})
    assert ada.upload()["id"]


def test_the_day_ends_at_midnight_in_los_angeles(ada: Creator) -> None:
    ada.control.call("POST", "quota", {"uploads": 1})
    to_midnight(ada, -60)
    ada.start(ada.metadata())
    assert ada.refusal(ada.start(ada.metadata())) == (403, "quotaExceeded")
    ada.control.advance_clock(61)
    assert project(ada)["uploadsUsed"] == 0
    assert ada.start(ada.metadata()).status_code == 200


def test_every_client_has_a_quota_of_its_own(ada: Creator) -> None:
    ada.control.call("POST", "quota", {"uploads": 1})
    ada.start(ada.metadata())
    client = {"clientId": "other", "clientSecret": "s", "redirectUris": ["https://a.example/b"]}
    ada.control.call("POST", "oauth/clients", client)
    order = {"account": "bob", "clientId": "other"}
    ada.grant = ada.control.call("POST", "oauth/grants", order)
    assert ada.start(ada.metadata()).status_code == 200
    assert project(ada, "other")["uploadsUsed"] == 1
