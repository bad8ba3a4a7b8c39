"""Workers that are stopped (SIGSTOP) at the worst moment and wake up when another has taken over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tap import PostgresTap
from waiting import until
from world import PostKind, Submitted, World

from mpcas2_core.publishing.story import Attempt, Story
from mpcas2_sandbox import FaultRule

PUT = r"\.putRecord$"


@pytest.fixture
def tap(world: World) -> Iterator[PostgresTap]:
    with PostgresTap(world.env["DATABASE_URL"]) as running:
        yield running


def puts(world: World, seen: int) -> int:
    """Counts the posting requests that reached the network after a number."""
    requests = world.sandbox.control.requests(after=seen)
    return sum(one.path.endswith("putRecord") for one in requests)


def seen(world: World) -> int:
    return len(world.sandbox.control.requests())


def late_attempt(world: World, submitted: Submitted) -> tuple[Story, Attempt]:
    """Waits for the late outcome of the first attempt."""

    def there() -> tuple[Story, Attempt] | None:
        story = world.story(submitted.job_id)
        return (story, story.attempts[0]) if story.attempts[0].late_outcome else None

    return until(there, why="a late outcome")


def still_works(world: World) -> None:
    submitted = world.submit("text")
    world.wait_state(submitted.job_id, "published", "failed")
    assert len(world.posts(submitted)) == 1


def test_a_worker_stopped_before_the_mark_publishes_nothing(world: World, tap: PostgresTap) -> None:
    before = seen(world)
    mark = tap.hold("mark", when="before")
    submitted = world.submit("text")
    stopped = world.mortal_worker(database_url=tap.url)
    mark.wait()
    stopped.freeze()
    other = world.worker()
    world.wait_state(submitted.job_id, "published", "failed")
    stopped.thaw()
    mark.release()
    story, attempt = late_attempt(world, submitted)
    assert (attempt.outcome, attempt.marked_at) == ("interrupted", None)
    assert attempt.late_outcome == "abandoned"
    assert story.job.state == "published"
    assert puts(world, before) == 1
    assert len(world.posts(submitted)) == 1
    other.kill()
    still_works(world)


def test_a_worker_stopped_between_mark_and_send_does_not_send_after_its_deadline(
    world: World, tap: PostgresTap
) -> None:
    before = seen(world)
    answer = tap.hold("mark", when="after", commit=True)
    submitted = world.submit("text")
    stopped = world.mortal_worker(database_url=tap.url)
    answer.wait()
    stopped.freeze()
    other = world.worker()
    story = world.wait_state(submitted.job_id, "published", "failed")
    assert [one.outcome for one in story.attempts] == ["unreported", "absent", "published"]
    stopped.thaw()
    answer.release()
    story, attempt = late_attempt(world, submitted)
    assert attempt.late_outcome == "unknown"
    assert "late_outcome" in [event.kind for event in story.events]
    assert story.job.state == "published"
    assert puts(world, before) == 1
    assert len(world.posts(submitted)) == 1
    other.kill()
    still_works(world)


def test_a_worker_whose_clock_did_not_notice_the_stop_sends_and_makes_no_second_post(
    world: World, tap: PostgresTap
) -> None:
    before = seen(world)
    answer = tap.hold("mark", when="after", commit=True)
    submitted = world.submit("text")
    stopped = world.worker(database_url=tap.url, lease_seconds="30", send_seconds="25")
    answer.wait()
    stopped.freeze()
    world.end_lease(submitted)
    world.worker()
    world.wait_state(submitted.job_id, "published", "failed")
    stopped.thaw()
    answer.release()
    story, attempt = late_attempt(world, submitted)
    assert (attempt.outcome, attempt.late_outcome) == ("unreported", "published")
    assert attempt.late_answer is not None
    assert attempt.late_answer["id"] == story.parts[0].post_id
    assert puts(world, before) == 2
    assert len(world.posts(submitted)) == 1
    assert world.stats()["edits"] == 0


def test_a_worker_stopped_in_the_middle_of_its_send_makes_no_second_post(world: World) -> None:
    control = world.sandbox.control
    control.add_fault(FaultRule(action="hold_before", path=PUT))
    submitted = world.submit("text")
    stopped = world.mortal_worker()
    (held,) = control.wait_held()
    stopped.freeze()
    world.worker()
    world.wait_state(submitted.job_id, "published", "failed")
    control.release(held.id)
    stopped.thaw()
    story, attempt = late_attempt(world, submitted)
    # Whether it reads the answer or notices its deadline first is for the operating system to say.
    assert attempt.late_outcome in {"published", "unknown"}
    assert story.job.state == "published"
    assert len(world.posts(submitted)) == 1
    assert world.stats()["edits"] == 0


@pytest.mark.parametrize("kind", ["image", "thread"])
def test_a_stopped_worker_of_a_longer_post_loses_it_whole(
    world: World, tap: PostgresTap, kind: PostKind
) -> None:
    mark = tap.hold("mark", nth=2 if kind == "thread" else 1, when="before")
    submitted = world.submit(kind)
    stopped = world.mortal_worker(database_url=tap.url)
    mark.wait()
    stopped.freeze()
    world.worker()
    world.wait_state(submitted.job_id, "published", "failed")
    stopped.thaw()
    mark.release()

    def reported() -> bool:
        return any(one.late_outcome for one in world.story(submitted.job_id).attempts)

    until(reported, why="a late outcome")
    assert [post["record"]["text"] for post in world.posts(submitted)] == list(submitted.texts)
