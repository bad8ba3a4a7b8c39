"""A first comment goes below the first post, exactly once, and never makes the post fail."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from kill_points import KillPoint, arm
from shared_servers import Stores
from tap import PostgresTap
from waiting import until
from workers import Forge
from world import World

from mpcas2_core.errors import Conflict
from mpcas2_core.publishing.actions import cancel, confirm, repost, retry
from mpcas2_core.publishing.story import Story
from mpcas2_sandbox import FaultRule

PUT = r"\.putRecord$"
PLUGINS = Path(__file__).parent / "plugins"
FINAL = ("published", "failed", "unconfirmed", "cancelled")
SAID = "Read on in the comment"
REFUSED = FaultRule(action="status", path=PUT, status=400, after=1)


@pytest.fixture(scope="module")
def opened(
    servers: Stores, forge: Forge, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, PostgresTap]]:
    """A world whose network takes first comments, and a tap in front of its database."""
    site = tmp_path_factory.mktemp("site")
    info = site / "bluesky_commented-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: bluesky-commented\nVersion: 0.1\n"
        "Requires-Dist: mpcas2-hookspecs>=0.1,<1\n"
    )
    (info / "entry_points.txt").write_text("[mpcas2]\nbluesky-commented = bluesky_commented\n")
    (info / "RECORD").write_text("")
    path = (str(site), str(PLUGINS))
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for folder in reversed(path):
            patch.syspath_prepend(folder)
        url = stack.enter_context(servers.database())
        env = servers.environment(
            tmp_path_factory.mktemp("world"),
            database_url=url,
            redis_url=servers.fresh_redis_url(),
        )
        settings = {"MPCAS2_MAX_FAILURES": "2", "MPCAS2_BACKOFF_SECONDS": "0.1"}
        world = World(env, forge, platform="bluesky-commented", path=path, settings=settings)
        stack.enter_context(world)
        yield world, stack.enter_context(PostgresTap(url))


@pytest.fixture
def world(opened: tuple[World, PostgresTap]) -> Iterator[World]:
    """The module's world without workers and faults of other tests."""
    yield opened[0]
    opened[0].clear()


def parts(story: Story) -> list[tuple[str, str]]:
    return [(part.role, part.state) for part in story.parts]


def test_a_comment_hangs_below_the_first_post_of_a_thread(world: World) -> None:
    submitted = world.submit("thread", comment=SAID)
    world.worker()
    story = world.wait_state(submitted.job_id, *FINAL)
    assert parts(story) == [("post", "published")] * 3 + [("comment", "published")]
    posts = world.posts(submitted)
    assert [post["record"]["text"] for post in posts] == list(submitted.texts)
    reply = posts[3]["record"]["reply"]
    assert reply["root"]["uri"] == reply["parent"]["uri"] == posts[0]["uri"]
    assert (story.job.state, story.job.warnings) == ("published", ())
    assert story.job.platform_post_id == posts[0]["uri"]


@pytest.mark.parametrize(
    "fault",
    [REFUSED, FaultRule(action="status", path=PUT, status=503, after=1, times=2)],
    ids=["refused", "unavailable"],
)
def test_a_comment_that_fails_is_a_warning_and_is_sent_alone_later(
    world: World, fault: FaultRule
) -> None:
    world.sandbox.control.add_fault(fault)
    submitted = world.submit("text", comment=SAID)
    world.worker()
    story = world.wait_state(submitted.job_id, *FINAL)
    assert (story.job.state, story.job.needs_attention) == ("published", False)
    assert (story.job.error_code, story.job.error_message) == (None, None)
    assert parts(story) == [("post", "published"), ("comment", "pending")]
    (warning,) = story.job.warnings
    assert warning.startswith("The first comment could not be posted: ")
    assert "`retry`" in warning
    published_at, scheduled_at = story.job.published_at, story.job.scheduled_at
    assert published_at is not None

    world.sandbox.control.clear_faults()
    world.run(lambda scope: retry(scope, world.user_id, submitted.job_id))
    story = world.wait_state(submitted.job_id, *FINAL)
    assert parts(story) == [("post", "published"), ("comment", "published")]
    assert (story.job.warnings, story.job.published_at) == ((), published_at)
    assert story.job.scheduled_at == scheduled_at
    assert [post["record"]["text"] for post in world.posts(submitted)] == list(submitted.texts)
    with pytest.raises(Conflict, match="This job is published"):
        world.run(lambda scope: retry(scope, world.user_id, submitted.job_id))


def test_a_comment_that_waits_can_be_cancelled_and_the_post_stays(world: World) -> None:
    world.sandbox.control.add_fault(
        FaultRule(
            action="status",
            path=PUT,
            status=429,
            after=1,
            times=None,
            headers={"retry-after": "900"},
        )
    )
    submitted = world.submit("text", comment=SAID)
    world.worker()
    story = world.wait_state(submitted.job_id, "retrying", *FINAL)
    assert story.job.state == "retrying"
    assert story.job.published_at is not None
    job = world.run(lambda scope: cancel(scope, world.user_id, submitted.job_id))
    assert (job.state, job.published_at) == ("published", story.job.published_at)
    assert job.warnings == ("The first comment was cancelled. The post stays public.",)


@pytest.mark.parametrize("decision", ["confirm", "repost"])
def test_a_comment_that_nobody_can_find_is_a_persons_to_decide(world: World, decision: str) -> None:
    world.sandbox.control.add_fault(FaultRule(action="cut_before", path=PUT, after=1))
    submitted = world.submit("text", comment="nobody can tell")
    world.worker()
    story = world.wait_state(submitted.job_id, *FINAL)
    assert (story.job.state, story.job.needs_attention) == ("unconfirmed", True)
    assert story.job.published_at is not None
    assert str(story.job.error_message).startswith("The post is public; its first comment may be")
    if decision == "confirm":
        world.run(lambda scope: confirm(scope, world.user_id, submitted.job_id))
    else:
        world.run(lambda scope: repost(scope, world.user_id, submitted.job_id, force=True))
    story = world.wait_state(submitted.job_id, *FINAL)
    assert story.job.state == "published"
    assert len(world.posts(submitted)) == (1 if decision == "confirm" else 2)


@pytest.mark.parametrize(
    "point",
    [
        KillPoint(where="statement", name="mark", nth=2, when="before"),
        KillPoint(where="commit", name="mark", nth=2, when="after"),
        KillPoint(where="request", name="putRecord", nth=2, when="before"),
        KillPoint(where="request", name="putRecord", nth=2, when="after"),
        KillPoint(where="statement", name="settle", nth=2, when="before"),
        KillPoint(where="commit", name="settle", nth=1, when="after"),
    ],
    ids=str,
)
def test_a_worker_that_dies_over_a_comment_leaves_one(
    opened: tuple[World, PostgresTap], world: World, point: KillPoint
) -> None:
    tap = opened[1]
    tap.clear()
    submitted = world.submit("text", comment=SAID)
    trap = arm(point, tap, world.sandbox.control, world.network.calls)
    worker = world.mortal_worker(database_url=tap.url)
    until(trap.reached, why=str(point), seconds=30)
    worker.kill()
    trap.drop()
    world.end_lease(submitted)
    world.worker()
    story = world.wait_state(submitted.job_id, *FINAL)
    assert parts(story) == [("post", "published"), ("comment", "published")]
    assert [post["record"]["text"] for post in world.posts(submitted)] == list(submitted.texts)
    tap.clear()


def test_a_network_that_may_tell_later_is_asked_again_before_a_person_is(world: World) -> None:
    control = world.sandbox.control
    control.add_fault(FaultRule(action="hold_before", path=PUT, after=1))
    submitted = world.submit("text", comment="shown late")
    world.worker(send_seconds="1")
    waiting = world.wait_state(submitted.job_id, "retrying", *FINAL)
    assert (waiting.job.state, waiting.attempts[-1].outcome) == ("retrying", "cannot_tell")
    assert waiting.job.next_attempt_at is not None
    control.release_all()
    until(lambda: len(world.posts(submitted)) == 2, why="the late comment")
    story = world.wait_state(submitted.job_id, *FINAL, hurry=True)
    assert (story.job.state, story.attempts[-1].outcome) == ("published", "found")


def test_after_six_questions_a_person_is_asked(world: World) -> None:
    world.sandbox.control.add_fault(FaultRule(action="cut_before", path=PUT, after=1))
    submitted = world.submit("text", comment="shown late")
    world.worker()
    story = world.wait_state(submitted.job_id, *FINAL, hurry=True)
    assert (story.job.state, story.job.needs_attention) == ("unconfirmed", True)
    assert [one.outcome for one in story.attempts if one.kind == "find"] == ["cannot_tell"] * 6
