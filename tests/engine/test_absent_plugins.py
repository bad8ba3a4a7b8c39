"""A plugin that is gone, switched off or exchanged: its posts wait and say so, and none goes out twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import until
from world import World

from mpcas2_core.errors import InvalidInput
from mpcas2_core.plugins.availability import PluginDisabled, require, switch_for_tenant
from mpcas2_core.publishing.actions import cancel, retry
from mpcas2_core.publishing.story import Story
from mpcas2_sandbox import FaultRule

MOVED = "BLUESKY_MOVED"
LOOK_SQL = "UPDATE public.due_jobs SET parked = false, next_at = now() WHERE job_id = $1"
PUBLISH = r"\.(putRecord|applyWrites)$"


def wait_parked(world: World, job_id: object) -> None:
    sql = "SELECT parked FROM public.due_jobs WHERE job_id = $1"
    until(lambda: world.run(lambda scope: scope.fetchval(sql, job_id)), why="the job is parked")


def told(story: Story) -> tuple[str, str | None, bool]:
    return story.job.state, story.job.error_code, story.job.needs_attention


def switch(world: World, *, on: bool) -> None:
    async def work() -> None:
        async with world.engine.database.public() as connection:
            await switch_for_tenant(connection, world.tenant.id, "bluesky", on=on)

    world.wait_for(work())


def test_a_post_whose_plugin_is_gone_waits_visibly_and_goes_on_when_it_is_back(
    world: World,
) -> None:
    submitted = world.submit("text")
    without = world.worker(disabled_plugins="bluesky")
    wait_parked(world, submitted.job_id)
    story = world.story(submitted.job_id)
    assert told(story) == ("scheduled", "UNKNOWN_PLATFORM", True)
    assert "'bluesky'" in (story.job.error_message or "")
    assert "waits until it is back" in (story.job.error_message or "")
    assert ([one.kind for one in story.events], story.attempts) == (["parked"], ())
    without.terminate()
    assert without.wait() == 0
    world.worker()
    story = world.wait_state(submitted.job_id, "published")
    assert told(story) == ("published", None, False)
    assert len(world.posts(submitted)) == 1


def test_looking_again_fills_neither_story_nor_ledger(world: World) -> None:
    submitted = world.submit("text")
    world.worker(disabled_plugins="bluesky")
    for _ in range(3):
        wait_parked(world, submitted.job_id)
        world.run(lambda scope: scope.execute(LOOK_SQL, submitted.job_id))
    wait_parked(world, submitted.job_id)
    story = world.story(submitted.job_id)
    assert (len(story.events), len(story.attempts)) == (1, 0)


def test_a_parked_post_can_be_cancelled(world: World) -> None:
    submitted = world.submit("text")
    without = world.worker(disabled_plugins="bluesky")
    wait_parked(world, submitted.job_id)
    world.run(lambda scope: cancel(scope, world.user_id, submitted.job_id))
    without.terminate()
    assert without.wait() == 0
    other = world.submit("text")
    world.worker()
    world.wait_state(other.job_id, "published")
    assert world.story(submitted.job_id).job.state == "cancelled"
    assert world.posts(submitted) == []


def test_a_plugin_that_leaves_after_the_mark_leaves_the_question_open(world: World) -> None:
    world.sandbox.control.add_fault(FaultRule(action="hold_before", path=PUBLISH))
    submitted = world.submit("text")
    first = world.mortal_worker()
    until(lambda: bool(world.sandbox.control.held()), why="the post is on its way")
    first.kill()
    world.sandbox.control.release_all("continue")
    without = world.worker(disabled_plugins="bluesky")
    wait_parked(world, submitted.job_id)
    story = world.story(submitted.job_id)
    assert told(story) == ("retrying", "UNKNOWN_PLATFORM", True)
    assert "the network is asked for it" in (story.job.error_message or "")
    without.terminate()
    assert without.wait() == 0
    world.worker()
    world.wait_state(submitted.job_id, "published")
    assert len(world.posts(submitted)) == 1


def test_a_plugin_that_is_off_for_a_tenant_keeps_its_posts_and_takes_no_new_ones(
    world: World,
) -> None:
    submitted = world.submit("text")
    switch(world, on=False)
    try:
        with pytest.raises(InvalidInput, match="is switched off for this tenant"):
            world.submit("text")
        with pytest.raises(PluginDisabled):
            world.wait_for(
                require(world.engine.database, world.engine.plugins, world.tenant, "bluesky")
            )
        with pytest.raises(PluginDisabled):
            world.wait_for(world.engine.accounts.authorize(world.tenant, "bluesky", {}))
        other = world.other_studio()
        (theirs,) = world.wait_for(other.submit("bluesky", "text"))
        world.worker()
        wait_parked(world, submitted.job_id)
        assert told(world.story(submitted.job_id)) == ("scheduled", "PLUGIN_DISABLED", True)
        until(lambda: len(world.posts(theirs)) == 1, why="the other tenant's post")
    finally:
        switch(world, on=True)
    world.wait_state(submitted.job_id, "published")
    assert len(world.posts(submitted)) == 1


@pytest.fixture
def moved(
    make_world: Callable[..., World],
    plugin_path: Callable[[str], tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """A world whose adapter keeps everything under a name that a setting gives."""
    monkeypatch.setenv(f"MPCAS2_{MOVED}_SHAPE", "old")
    return make_world(platform="bluesky-moved", path=plugin_path("bluesky_moved"))


def become(site: Path, version: str) -> None:
    """Lets the plugin be of another version for every worker that starts from now on."""
    metadata = next(site.glob("*.dist-info")) / "METADATA"
    lines = metadata.read_text().splitlines()
    lines = [f"Version: {version}" if one.startswith("Version:") else one for one in lines]
    metadata.write_text("\n".join(lines) + "\n")


def test_what_an_old_version_had_prepared_is_prepared_anew(moved: World, tmp_path: Path) -> None:
    submitted = moved.submit("text")
    old = moved.worker(bluesky_moved_waits="true")
    moved.wait_state(submitted.job_id, "processing")
    until(lambda: moved.story(submitted.job_id).attempts[0].outcome, why="it was prepared once")
    old.terminate()
    assert old.wait() == 0
    become(tmp_path / "site", "0.2")
    moved.worker(bluesky_moved_shape="new")
    story = moved.wait_state(submitted.job_id, "published", hurry=True)
    outcomes = [one.outcome for one in story.attempts]
    assert outcomes[-2:] == ["restaged", "published"]
    assert "version 0.1 had prepared" in (story.attempts[-2].message or "")
    assert len(moved.posts(submitted)) == 1


@pytest.mark.parametrize("arrives", [True, False])
def test_what_an_old_version_had_sent_is_never_sent_by_one_that_cannot_read_it(
    arrives: bool, moved: World, tmp_path: Path
) -> None:
    control = moved.sandbox.control
    control.add_fault(FaultRule(action="hold_before", path=PUBLISH))
    submitted = moved.submit("text")
    old = moved.mortal_worker()
    until(lambda: bool(control.held()), why="the post is on its way")
    old.kill()
    control.release_all("continue" if arrives else "cut")
    become(tmp_path / "site", "0.2")
    new = moved.worker(bluesky_moved_shape="new")
    story = moved.wait_state(submitted.job_id, "unconfirmed")
    assert "mpcas2 plugin rollback" in (story.job.error_message or "")
    new.terminate()
    assert new.wait() == 0
    become(tmp_path / "site", "0.1")
    moved.run(lambda scope: retry(scope, moved.user_id, submitted.job_id))
    moved.worker()
    moved.wait_state(submitted.job_id, "published")
    assert len(moved.posts(submitted)) == 1
