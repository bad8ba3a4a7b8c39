"""What happens to posts while the installation loses, stops, restarts or copies parts of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from redis.asyncio import Redis
from tests.outside.installation import Installation
from tests.outside.person import Person
from waiting import until

from mpcas2_sandbox import SandboxProcess
from mpcas2_sandbox.faults import FaultRule

NEXT_YEARS = "2030-06-01T12:00:00Z"


def test_a_scheduled_post_survives_an_emptied_queue(
    person: Person, installation: Installation
) -> None:
    made = person.cli("publish", "--text", "Remembered", "--at", "in 2 s", "--json").json()
    job = made["jobs"][0]

    async def flush() -> None:
        client: Redis = Redis.from_url(installation.server_urls()[1])
        try:
            await client.flushall()
        finally:
            await client.aclose()

    asyncio.run(flush())
    person.wait(job["id"], "published")
    assert len(person.posts("Remembered")) == 1


def test_a_killed_worker_is_replaced_and_its_post_goes_out_once(
    person: Person, installation: Installation, network: SandboxProcess
) -> None:
    network.control.add_fault(FaultRule(action="hold_before", path="putRecord"))
    job = person.publish("Survivor")
    (held,) = network.control.wait_held()
    (worker,) = installation.workers()
    worker.kill()

    def another() -> list[psutil.Process]:
        return [one for one in installation.workers() if one.pid != worker.pid]

    until(another, why="another worker", seconds=60)
    # What the dead one sent arrives in the end.
    network.control.release(held.id)
    story = person.wait(job["id"])
    assert story["state"] == "published"
    assert len({one["worker"] for one in story["attempts"]}) == 2
    assert len(person.posts("Survivor")) == 1


def test_sigterm_lets_a_post_that_is_being_sent_end(
    person: Person, installation: Installation, network: SandboxProcess
) -> None:
    rule = network.control.add_fault(FaultRule(action="delay", path="putRecord", seconds=1.0))
    job = person.publish("Last one out")
    waiting = person.publish("After the pause", scheduleAt=NEXT_YEARS)

    def struck() -> bool:
        return any(one.id == rule.id and one.applied for one in network.control.faults())

    until(struck, why="the post on its way")
    installation.stop()
    try:
        assert len(person.posts("Last one out")) == 1
    finally:
        installation.start()
    story = person.job(job["id"])
    assert story["state"] == "published"
    assert [one["kind"] for one in story["attempts"]] == ["publish"]
    assert person.job(waiting["id"])["state"] == "scheduled"
    assert len(person.posts()) == 1


def test_a_second_start_on_the_same_home_is_refused(
    person: Person, installation: Installation
) -> None:
    second = installation.command("up", "--port", "0", "--json")
    assert second.code == 2
    second = installation.command("up", "--port", str(installation.port), "--json")
    assert second.code == 1
    assert f"Process {installation.pid}" in second.error()["message"]
    assert "Traceback" not in second.err
    person.call("GET", "/auth/me")


@pytest.fixture
def elsewhere() -> Iterator[Installation]:
    """Another home, on which nothing runs yet."""
    other = Installation()
    yield other
    if other.home.exists() and (other.home / "servers.json").exists():
        other.stop()
    other.remove()


def test_a_backup_lives_on_elsewhere(
    person: Person,
    pictures: list[Path],
    installation: Installation,
    elsewhere: Installation,
    tmp_path: Path,
) -> None:
    sent = person.cli("publish", str(pictures[0]), "--text", "Before", "--wait", "--json").json()
    job = sent["jobs"][0]
    archive = tmp_path / "all.tar.gz"
    made = installation.command("backup", str(archive), "--json").json()
    assert "master-key" in made["secrets"]
    assert archive.stat().st_mode & 0o077 == 0

    on_running = installation.command("restore", str(archive), "--force", "--json")
    assert (on_running.code, on_running.error()["code"]) == (5, "RUNNING")

    restored = elsewhere.command("restore", str(archive), "--json")
    assert restored.code == 0, restored.err
    again = elsewhere.command("restore", str(archive), "--json")
    assert (again.code, again.error()["code"]) == (5, "OCCUPIED")
    assert "--force" in again.error()["hint"]

    elsewhere.start()
    person.http.base_url = httpx.URL(f"{elsewhere.address}/api/v1")
    person.environment["MPCAS2_SERVER"] = elsewhere.address
    person.sign_in()
    story = person.job(job["id"])
    assert (story["state"], story["platformPostId"]) == ("published", job["platformPostId"])
    content = person.call("GET", f"/content/{job['contentId']}")
    picture = person.http.get(content["fileUrl"].removeprefix("/api/v1"))
    assert picture.content == pictures[0].read_bytes()
    # The grant opens only with the restored master key.
    after = person.cli("publish", "--text", "After", "--wait", "--json").json()["jobs"][0]
    assert after["state"] == "published"
    assert [one["record"]["text"] for one in person.posts()] == ["Before", "After"]
