"""Lanes: several worlds side by side, each with a tap, in which one kill after the other is tried."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from kill_points import Armed, KillPoint, arm, points_of_requests, points_of_trace
from shared_servers import Stores
from tap import PostgresTap
from waiting import until
from workers import Forge, WorkerProcess
from world import PostKind, Submitted, World, show

from mpcas2_core.publishing.story import Story

__all__ = ("Case", "Lane", "Verdict", "open_lanes", "side_by_side")

PATIENCE = 30.0
FINAL = ("published", "failed", "unconfirmed", "missed", "cancelled")

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A post, and where the workers that try to publish it die, one after the other."""

    kind: PostKind
    kills: tuple[KillPoint, ...]

    def __str__(self) -> str:
        """Tells it in words."""
        return f"{self.kind}: killed {', then '.join(str(point) for point in self.kills)}"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ended.

    Attributes:
        case: The case.
        state: What the job is.
        posts: How many posts the network has of it.
        outcomes: The ledger's outcomes in their order.
        faults: What is not as it has to be; empty when all is well.
    """

    case: Case
    state: str = "?"
    posts: int
    outcomes: tuple[str, ...]
    faults: tuple[str, ...]


class Lane:
    """One world with a tap in front of its database.

    Args:
        world: A started world.
        tap: In front of its database.
        lags: Whether the network shows new posts late.
    """

    def __init__(self, world: World, tap: PostgresTap, *, lags: bool = False) -> None:
        self.world = world
        self.tap = tap
        self.lags = lags
        self._survivors: list[WorkerProcess] = []

    def points(
        self, kind: PostKind, before: Sequence[KillPoint] = (), *, thorough: bool = False
    ) -> list[KillPoint]:
        """Finds the points of a worker by a run in which it is not killed.

        Args:
            kind: The post.
            before: Where the workers before it died.
            thorough: Whether any request may arrive late or lose its answer.
        """
        world, network = self.world, self.world.network
        world.refill_quotas()
        submitted = world.submit(kind)
        late = self._kill_at(before, submitted)
        self.tap.clear()
        control = world.sandbox.control
        seen = len(control.requests())
        worker = world.worker(database_url=self.tap.url)
        # Where nobody can tell what became of a post, the run ends with the question.
        world.wait_state(
            submitted.job_id, "published", "unconfirmed", seconds=PATIENCE, hurry=network.hurries
        )
        worker.terminate()
        worker.wait()
        self._end_survivors()
        requests = control.requests(after=seen)
        for trap in late:
            trap.release()
        return [
            *points_of_trace(self.tap.trace()),
            *points_of_requests(requests, network.calls, thorough=thorough),
        ]

    def judge(self, case: Case) -> Verdict:
        """Tries a case and judges what became of it."""
        world = self.world
        world.refill_quotas()
        submitted = world.submit(case.kind)
        try:
            late = self._kill_at(case.kills, submitted)
        except TimeoutError as error:
            self.tap.clear_holds()
            world.clear()
            return Verdict(case=case, posts=0, outcomes=(), faults=(f"not reached: {error}",))
        finisher = world.worker()
        try:
            story = world.wait_state(
                submitted.job_id, *FINAL, seconds=PATIENCE, hurry=world.network.hurries
            )
            for trap in late:
                trap.release()
            until(
                lambda: all(one.outcome != "open" for one in world.sandbox.control.requests()),
                why="the late requests to be answered",
            )
        except TimeoutError as error:
            world.clear()
            return Verdict(case=case, posts=0, outcomes=(), faults=(str(error),))
        finally:
            finisher.kill()
            self._end_survivors()
        return self._verdict(case, submitted, story)

    def _kill_at(self, points: Sequence[KillPoint], submitted: Submitted) -> list[Armed]:
        world, network = self.world, self.world.network
        late: list[Armed] = []
        for point in points:
            trap = arm(point, self.tap, world.sandbox.control, network.calls)
            if point.lives:
                worker = world.worker(database_url=self.tap.url)
            else:
                worker = world.mortal_worker(database_url=self.tap.url)
            try:
                self._wait_for(trap, point, submitted)
            except TimeoutError:
                worker.kill()
                raise
            if point.lives:
                self._survivors.append(worker)
            else:
                worker.kill()
            if point.late:
                late.append(trap)
            else:
                trap.drop()
            if network.hurries and not point.lives:
                world.end_lease(submitted)
        return late

    def _end_survivors(self) -> None:
        """Ends the workers that only lost an answer, so that none takes the next case's post."""
        while self._survivors:
            self._survivors.pop().kill()

    def _wait_for(self, trap: Armed, point: KillPoint, submitted: Submitted) -> None:
        def reached() -> bool:
            if trap.reached():
                return True
            if self.world.network.hurries:
                self.world.hurry(submitted.job_id)
            return False

        until(reached, why=str(point), seconds=PATIENCE)

    def _verdict(self, case: Case, submitted: Submitted, story: Story) -> Verdict:
        network, control = self.world.network, self.world.sandbox.control
        faults = network.faults(control, submitted, story, case.kills, lags=self.lags)
        if faults:
            faults.append(show(story))
        return Verdict(
            case=case,
            state=story.job.state,
            posts=len(self.world.posts(submitted)),
            outcomes=tuple(str(attempt.outcome) for attempt in story.attempts),
            faults=tuple(faults),
        )


@contextlib.contextmanager
def open_lanes(stores: Stores, folder: Path, count: int, *networks: str) -> Iterator[list[Lane]]:
    """Opens lanes for the length of a ``with`` block.

    Args:
        stores: Where their databases come from.
        folder: For homes and logs.
        count: How many of each network.
        networks: Keys of the practice networks; each lane has one.
    """
    with contextlib.ExitStack() as stack:
        forge = stack.enter_context(Forge(folder))
        lanes = []
        for number, network in enumerate(networks * count):
            home = folder / f"lane-{number}"
            home.mkdir()
            url = stack.enter_context(stores.database())
            env = stores.environment(home, database_url=url, redis_url=stores.fresh_redis_url())
            world = stack.enter_context(World(env, forge, networks=(network,)))
            lanes.append(Lane(world, stack.enter_context(PostgresTap(url))))
        yield lanes


def side_by_side(
    lanes: Sequence[Lane], items: Sequence[_Item], work: Callable[[Lane, _Item], _Result]
) -> list[_Result]:
    """Works on items in all lanes at once and gives the results in the items' order."""
    waiting: queue.SimpleQueue[tuple[int, _Item]] = queue.SimpleQueue()
    for entry in enumerate(items):
        waiting.put(entry)
    results: dict[int, _Result] = {}
    failures: list[BaseException] = []

    def run(lane: Lane) -> None:
        while not failures:
            try:
                number, item = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                results[number] = work(lane, item)
            except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
                failures.append(error)

    threads = [threading.Thread(target=run, args=(lane,), daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [results[number] for number in range(len(items))]
