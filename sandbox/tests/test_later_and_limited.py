from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mpcas2_sandbox import ControlError
from mpcas2_sandbox.clock import SandboxClock
from mpcas2_sandbox.growth import figure
from mpcas2_sandbox.windows import CallWindows, Window

if TYPE_CHECKING:
    from sandbox.tests.conftest import Visitor


def state(depot: Visitor, name: str) -> str:
    shown: str = depot.get(f"/jobs/{name}").json()["state"]
    return shown


def test_a_verdict_is_given_at_the_making_and_shows_later(depot: Visitor) -> None:
    depot.control.call("POST", "decisions", {"next": [{"error": "too long"}, {}]})
    for name in ("a", "b", "c"):
        depot.send("POST", "/jobs", name.encode())
    assert [state(depot, name) for name in "abc"] == ["working"] * 3
    depot.control.advance_clock(60)
    assert [state(depot, name) for name in "abc"] == ["too long", "done", "done"]
    shown = depot.control.call("GET", "decisions")
    assert [(one["key"], one["state"]) for one in shown["decided"]] == [
        (name, "decided") for name in "abc"
    ]
    assert (shown["seconds"], shown["next"]) == (60, [])


def test_a_verdict_can_be_overruled(depot: Visitor) -> None:
    depot.control.call("POST", "decisions", {"seconds": 0})
    depot.send("POST", "/jobs", b"a")
    assert state(depot, "a") == "done"
    depot.control.call("POST", "decisions", {"overrule": {"a": {"error": "taken down"}}})
    assert state(depot, "a") == "taken down"


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"next": [{"eror": "x"}]}, "unknown field"),
        ({"seconds": -1}, "seconds must be"),
        ({"overrule": {"nobody": {}}}, "nothing was decided"),
    ],
)
def test_a_wrong_plan_is_refused(depot: Visitor, order: object, message: str) -> None:
    with pytest.raises(ControlError, match=message):
        depot.control.call("POST", "decisions", order)


def test_calls_use_up_their_windows(depot: Visitor) -> None:
    one = depot.control.call("POST", "oauth/grants", {"account": "ada"})["accessToken"]
    two = depot.control.call("POST", "oauth/grants", {"account": "bob"})["accessToken"]
    answers = [depot.get(f"/me?access_token={one}") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-Left"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[3].json()["error"]["code"] == 429
    # The app has one call left; then all of its users wait.
    assert [depot.get(f"/me?access_token={two}").status for _ in range(2)] == [200, 429]
    depot.control.advance_clock(101)
    assert depot.get(f"/me?access_token={one}").status == 200
    depot.control.call("POST", "limits", {"route": "GET /me", "limit": None})
    shown = depot.control.call("GET", "limits")["limits"]
    assert {
        "route": "GET /me",
        "limit": None,
        "seconds": 900.0,
        "per": "user",
        "rolling": False,
    } in (shown)
    with pytest.raises(ControlError, match="known: "):
        depot.control.call("POST", "limits", {"route": "GET /you", "limit": 1})


def test_a_rolling_window_frees_each_call_by_itself_and_a_fixed_one_all_at_once() -> None:
    clock = SandboxClock()
    windows = CallWindows(
        clock,
        [
            Window(route="roll", limit=2, seconds=100, rolling=True),
            Window(route="fix", limit=2, seconds=100),
        ],
    )
    for route in ("roll", "fix"):
        assert windows.take(route, user="a").room
    clock.advance(60)
    for route in ("roll", "fix"):
        assert windows.take(route, user="a").room
        assert not windows.take(route, user="a").room
        assert windows.take(route, user="b").room
    clock.advance(41)
    left = {route: windows.look(route, user="a").rooms[0].left for route in ("roll", "fix")}
    assert left == {"roll": 1, "fix": 2}
    room = windows.look("roll", user="a").tightest
    assert room is not None
    assert timedelta(seconds=58) < room.resets_at - clock.now() < timedelta(seconds=60)


def test_a_call_may_cost_more_than_one_and_nothing_is_counted_where_there_is_no_room() -> None:
    windows = CallWindows(
        SandboxClock(), [Window(route="*", limit=10, per="route"), Window(route="x", limit=3)]
    )
    assert windows.take("x", user="a", cost=3).room
    refused = windows.take("x", user="a")
    assert (refused.room, [room.left for room in refused.rooms]) == (False, [0, 7])
    assert windows.take("y").rooms[0].left == 6
    assert windows.take("y", cost=7).room is False
    windows.change(Window(route="*", limit=0, per="route"))
    assert windows.take("anything").room is False


def test_figures_grow_with_the_clock_and_are_the_same_in_every_run(depot: Visitor) -> None:
    assert depot.get("/views").json()["views"] < 5
    depot.control.advance_clock(86_400)
    assert depot.get("/views").json()["views"] > 50


def test_a_figure_never_shrinks_and_stays_below_its_most() -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = [figure("a", since, since + timedelta(hours=hours), 1000) for hours in range(500)]
    assert found == sorted(found)
    assert (found[0], found[-1] <= 1000, found[6] > 100) == (0, True, True)
    assert figure("a", since, since - timedelta(days=1), 1000) == 0
    assert len({figure(str(seed), since, since + timedelta(1), 1000) for seed in range(20)}) > 10
