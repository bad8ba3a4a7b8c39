"""A thread of eight on X: no part is missing, doubled or out of order, wherever its worker dies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kill_points import KillPoint
from lanes import Case, Lane, open_lanes, side_by_side
from shared_servers import Stores
from waiting import until
from world import show

from mpcas2_sandbox import FaultRule

LANES = 3
PARTS = 8
POST = r"^/2/tweets$"


@pytest.fixture(scope="module")
def lanes(servers: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Lane]]:
    with open_lanes(servers, tmp_path_factory.mktemp("threads"), LANES, "twitter") as opened:
        yield opened


def test_a_thread_goes_on_where_its_worker_was_killed_between_two_parts(lanes: list[Lane]) -> None:
    # After the outcome of a part is written and before the next is begun; the last one is complete.
    cases = [
        Case(
            kind="eight",
            kills=(KillPoint(where="commit", name="settle", nth=nth, when="after"),),
        )
        for nth in range(1, PARTS + 1)
    ]
    verdicts = side_by_side(lanes, cases, Lane.judge)
    assert [one.faults for one in verdicts] == [()] * PARTS
    assert [one.posts for one in verdicts] == [PARTS] * PARTS
    assert [one.state for one in verdicts] == ["published"] * PARTS


def test_a_thread_goes_on_after_a_part_whose_answer_was_lost(lanes: list[Lane]) -> None:
    lost = KillPoint(where="request", name="post", nth=4, when="after", lives=True)
    verdict = lanes[0].judge(Case(kind="eight", kills=(lost,)))
    assert verdict.faults == ()
    assert (verdict.state, verdict.posts) == ("published", PARTS)
    assert verdict.outcomes.count("found") == 1


def test_a_thread_survives_a_kill_and_a_lost_answer_of_the_same_part(lanes: list[Lane]) -> None:
    world = lanes[0].world
    control = world.sandbox.control
    world.refill_quotas()
    control.add_fault(FaultRule(action="hold_after", method="POST", path=POST, after=3))
    submitted = world.submit("eight")
    killed = world.mortal_worker()
    (held,) = control.wait_held()
    killed.kill()
    control.release(held.id, "cut")
    control.clear_faults()
    # The next part loses its answer as well, at the successor.
    control.add_fault(FaultRule(action="cut_after", method="POST", path=POST))
    world.worker()
    story = world.wait_state(submitted.job_id, "published", "failed", "unconfirmed")
    assert story.job.state == "published", show(story)
    assert [post["text"] for post in world.posts(submitted)] == list(submitted.texts)
    until(lambda: not control.held(), why="nothing to be held")
    world.clear()
