"""From the release before to the one after, while posts are due and processes of both run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.upgrades.conftest import Fleet
from tests.upgrades.releases import NEXT_NAME
from tests.upgrades.studio import Studio
from waiting import until

from mpcas2_sandbox import FaultRule

TENANTS = 5
DONE = slice(0, 2)
WAITING = slice(2, TENANTS)
SCHEDULED = 6


def plan(studio: Studio) -> None:
    """Schedules posts that become due while everything changes."""
    now = datetime.now(UTC)
    for number in range(1, SCHEDULED + 1):
        due = now + timedelta(seconds=2 * number)
        studio.publish(f"planned {number}", at=due.isoformat(), picture=number % 2 == 0)


def publish_everywhere(studios: list[Studio], text: str) -> list[tuple[Studio, str]]:
    return [(studio, studio.publish(text)) for studio in studios]


def wait(asked: list[tuple[Studio, str]]) -> None:
    for studio, job in asked:
        studio.wait(job)


def test_every_post_goes_out_once_while_a_fleet_is_half_migrated(fleet: Fleet) -> None:
    old_server, old_address = fleet.server(fleet.old)
    studios = fleet.found(old_address, TENANTS)
    old_worker = fleet.worker(fleet.old)
    first = fleet.versions()[0]
    wait(publish_everywhere(studios, "before"))
    for studio in studios:
        plan(studio)

    with fleet.holding(of=WAITING):
        migration = fleet.start_migration()
        half = [NEXT_NAME] * 2 + [first] * 3
        until(lambda: fleet.versions() == half, why="two of five tenants are migrated")
        # The old worker alone serves both kinds, and dies in the middle of a send.
        wait(publish_everywhere(studios, "half-way"))
        fleet.network.control.add_fault(FaultRule(action="hold_after", path=r"\.putRecord$"))
        torn = publish_everywhere(studios, "torn")
        fleet.network.control.wait_held()
        old_worker.kill()
        fleet.network.control.release_all("cut")

        # Workers of both releases side by side: what the dead one left is taken up by either.
        another_old_worker = fleet.worker(fleet.old)
        new_worker = fleet.worker(fleet.new)
        new_server, new_address = fleet.server(fleet.new)
        wait(torn)
        wait(publish_everywhere(studios, "side by side"))

        # The new one alone leaves alone who is behind it.
        assert another_old_worker.stop() == 0
        left = publish_everywhere(studios, "left")
        wait(left[DONE])
        refusals = [studio.refusal(new_address) for studio in studios]
        assert refusals == [None] * 2 + ["TENANT_BEHIND"] * 3
        assert {studio.state(job) for studio, job in left[WAITING]} == {"scheduled"}
        assert migration.child.poll() is None

    assert migration.child.wait(60) == 0
    assert fleet.versions() == [NEXT_NAME] * TENANTS
    wait(left)
    # The old API serves migrated tenants until it is stopped.
    wait(publish_everywhere(studios, "by the old door"))
    assert old_server.stop() == 0
    for studio in studios:
        studio.move(new_address)
        for job in studio.jobs:
            studio.wait(job)
    wait(publish_everywhere(studios, "after"))
    assert [studio.posts() for studio in studios] == [
        sorted(studio.jobs.values()) for studio in studios
    ]
    assert [studio.pictures() for studio in studios] == [SCHEDULED // 2] * TENANTS
    assert new_worker.stop() == 0
    assert new_server.stop() == 0
    assert [process.complaints() for process in fleet.processes] == [[]] * len(fleet.processes)


def test_new_code_does_not_start_before_the_database_is_migrated(fleet: Fleet) -> None:
    for command in ("worker", "serve"):
        done = fleet.new.command(command)
        assert done.returncode == 1
        assert "Run `mpcas2 migrate`, then start it again." in done.stderr
    assert fleet.new.command("migrate").returncode == 0
    assert fleet.worker(fleet.new).stop() == 0


def test_a_tenant_that_the_old_api_makes_late_is_served_after_another_run(fleet: Fleet) -> None:
    assert fleet.new.command("migrate").returncode == 0
    old_server, old_address = fleet.server(fleet.old)
    (late,) = fleet.found(old_address, 1)
    assert old_server.stop() == 0
    _, new_address = fleet.server(fleet.new)
    fleet.worker(fleet.new)
    assert late.refusal(new_address) == "TENANT_BEHIND"
    assert fleet.new.command("migrate").returncode == 0
    assert late.refusal(new_address) is None
    late.move(new_address)
    late.wait(late.publish("late"))
    assert late.posts() == sorted(late.jobs.values())


def test_the_old_code_can_be_put_back_without_the_schema(fleet: Fleet) -> None:
    server, address = fleet.server(fleet.old)
    (studio,) = fleet.found(address, 1)
    assert server.stop() == 0
    assert fleet.new.command("migrate").returncode == 0
    new_server, new_address = fleet.server(fleet.new)
    studio.move(new_address)
    made = [studio.publish("made by the new one", picture=picture) for picture in (False, True)]
    assert new_server.stop() == 0

    # Also the old `migrate`, which `mpcas2 up` runs at every start, leaves the newer schema as it is.
    assert fleet.old.command("migrate").returncode == 0
    assert fleet.versions() == [NEXT_NAME]
    _, address = fleet.server(fleet.old)
    fleet.worker(fleet.old)
    studio.move(address)
    for job in made:
        studio.wait(job)
    studio.wait(studio.publish("made by the old one", picture=True))
    assert studio.pictures() == 2
    assert studio.posts() == sorted(studio.jobs.values())
    assert [process.complaints() for process in fleet.processes] == [[]] * len(fleet.processes)
