"""People change their mind while a worker is at it: either they are in time, or they are told no."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tap import PostgresTap
from waiting import until
from world import World

from mpcas2_core.errors import Conflict
from mpcas2_core.publishing.actions import cancel, reschedule
from mpcas2_sandbox import FaultRule

PUT = r"\.putRecord$"
ENDED = ("published", "failed", "missed", "unconfirmed", "cancelled")


@pytest.fixture
def tap(world: World) -> Iterator[PostgresTap]:
    with PostgresTap(world.env["DATABASE_URL"]) as running:
        yield running


def test_a_post_that_is_cancelled_before_its_mark_is_not_sent(
    world: World, tap: PostgresTap
) -> None:
    mark = tap.hold("mark", when="before")
    submitted = world.submit("text")
    worker = world.worker(database_url=tap.url)
    mark.wait()
    job = world.run(lambda scope: cancel(scope, world.user_id, submitted.job_id))
    assert job.state == "cancelled"
    mark.release()
    until(
        lambda: world.story(submitted.job_id).attempts[0].late_outcome == "abandoned",
        why="the worker to give up",
    )
    worker.terminate()
    assert worker.wait() == 0
    assert world.story(submitted.job_id).job.state == "cancelled"
    assert world.posts(submitted) == []


def test_a_post_that_is_being_sent_cannot_be_cancelled_or_moved(world: World) -> None:
    control = world.sandbox.control
    control.add_fault(FaultRule(action="hold_before", path=PUT))
    submitted = world.submit("text")
    world.worker()
    (held,) = control.wait_held()
    with pytest.raises(Conflict) as refused:
        world.run(lambda scope: cancel(scope, world.user_id, submitted.job_id))
    assert refused.value.code == "JOB_IN_FLIGHT"
    later = datetime.now(UTC) + timedelta(hours=1)
    with pytest.raises(Conflict):
        world.run(lambda scope: reschedule(scope, world.user_id, submitted.job_id, later))
    control.release(held.id)
    assert world.wait_state(submitted.job_id, *ENDED).job.state == "published"
    assert len(world.posts(submitted)) == 1


def test_a_post_that_waits_for_a_retry_can_be_moved(world: World) -> None:
    control = world.sandbox.control
    limited = {"error": "RateLimitExceeded", "message": "Later."}
    control.add_fault(
        FaultRule(
            action="status", path=PUT, status=429, body=limited, headers={"Retry-After": "600"}
        )
    )
    submitted = world.submit("text")
    world.worker()
    world.wait_state(submitted.job_id, "retrying")
    now = datetime.now(UTC)
    world.run(lambda scope: reschedule(scope, world.user_id, submitted.job_id, now))
    assert world.wait_state(submitted.job_id, *ENDED).job.state == "published"
    assert len(world.posts(submitted)) == 1


def test_the_rest_of_a_thread_can_be_cancelled_between_two_of_its_posts(
    world: World, tap: PostgresTap
) -> None:
    mark = tap.hold("mark", nth=2, when="before")
    submitted = world.submit("thread")
    world.worker(database_url=tap.url)
    mark.wait()
    world.run(lambda scope: cancel(scope, world.user_id, submitted.job_id))
    mark.release()
    until(
        lambda: world.story(submitted.job_id).attempts[-1].late_outcome == "abandoned",
        why="the worker to give up",
    )
    story = world.story(submitted.job_id)
    assert story.job.state == "cancelled"
    assert [part.state for part in story.parts] == ["published", "pending", "pending"]
    assert len(world.posts(submitted)) == 1
