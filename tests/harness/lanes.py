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
from workers import Forge
from world import PostKind, Submitted, World, show

from mpcas2_core.publishing.story import Story

__all__ = ("Case", "Lane", "Verdict", "open_lanes", "side_by_side")

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
        posts: How many posts the network has of it.
        outcomes: The ledger's outcomes in their order.
        faults: What is not as it has to be; empty when all is well.
    """

    case: Case
    posts: int
    outcomes: tuple[str, ...]
    faults: tuple[str, ...]


class Lane:
    """One world with a tap in front of its database.

    Args:
        world: A started world.
        tap: In front of its database.
    """

    def __init__(self, world: World, tap: PostgresTap) -> None:
        self.world = world
        self.tap = tap

    def points(self, kind: PostKind, before: Sequence[KillPoint] = ()) -> list[KillPoint]:
        """Finds the points of a worker by a run in which it is not killed.

        Args:
            kind: The post.
            before: Where the workers before it died.
        """
        submitted = self.world.submit(kind)
        late = self._kill_at(before)
        self.tap.clear()
        control = self.world.sandbox.control
        seen = len(control.requests())
        worker = self.world.worker(database_url=self.tap.url)
        self.world.wait_state(submitted.job_id, "published")
        worker.terminate()
        worker.wait()
        requests = control.requests(after=seen)
        for trap in late:
            trap.release()
        return [*points_of_trace(self.tap.trace()), *points_of_requests(requests)]

    def judge(self, case: Case) -> Verdict:
        """Tries a case and judges what became of it."""
        submitted = self.world.submit(case.kind)
        try:
            late = self._kill_at(case.kills)
        except TimeoutError as error:
            self.tap.clear_holds()
            self.world.sandbox.control.clear_faults()
            return Verdict(case=case, posts=0, outcomes=(), faults=(f"not reached: {error}",))
        finisher = self.world.worker()
        try:
            story = self.world.wait_state(submitted.job_id, *FINAL)
            for trap in late:
                trap.release()
            until(
                lambda: all(one.outcome != "open" for one in self.world.sandbox.control.requests()),
                why="the late requests to be answered",
            )
        except TimeoutError as error:
            return Verdict(case=case, posts=0, outcomes=(), faults=(str(error),))
        finally:
            finisher.kill()
        return self._verdict(case, submitted, story)

    def _kill_at(self, points: Sequence[KillPoint]) -> list[Armed]:
        late: list[Armed] = []
        for point in points:
            trap = arm(point, self.tap, self.world.sandbox.control)
            worker = self.world.mortal_worker(database_url=self.tap.url)
            try:
                trap.wait()
            finally:
                worker.kill()
            if point.late:
                late.append(trap)
            else:
                trap.drop()
        return late

    def _verdict(self, case: Case, submitted: Submitted, story: Story) -> Verdict:
        posts = self.world.posts(submitted)
        faults: list[str] = []
        if story.job.state != "published":
            faults.append(f"the job is {story.job.state}")
        texts = [post["record"]["text"] for post in posts]
        if texts != list(submitted.texts):
            faults.append(f"the network has {len(texts)} posts for {len(submitted.texts)}: {texts}")
        if self.world.stats()["edits"]:
            faults.append("the network counts edits")
        for index, post in enumerate(posts[1:], start=1):
            reply = post["record"].get("reply") or {}
            if (reply.get("root", {}).get("uri"), reply.get("parent", {}).get("uri")) != (
                posts[0]["uri"],
                posts[index - 1]["uri"],
            ):
                faults.append(f"part {index} answers {reply}")
        if [part.post_id for part in story.parts] != [post["uri"] for post in posts]:
            faults.append("the parts' ids are not those of the network's posts")
        faults += _ledger_faults(case, story)
        if faults:
            faults.append(show(story))
        return Verdict(
            case=case,
            posts=len(posts),
            outcomes=tuple(str(attempt.outcome) for attempt in story.attempts),
            faults=tuple(faults),
        )


def _ledger_faults(case: Case, story: Story) -> Iterator[str]:
    for part in story.parts:
        attempts = [one for one in story.attempts if one.position == part.position]
        outcomes = [one.outcome for one in attempts]
        if len(case.kills) == 1:
            (point,) = case.kills
            wanted = point.outcomes() if point.part == part.position else ["published"]
            if outcomes != wanted:
                yield f"part {part.position} went {outcomes}, not {wanted}"
        for one, following in zip(attempts, [*attempts[1:], None], strict=True):
            if one.outcome is None:
                yield f"an attempt of part {part.position} has no outcome"
            if one.outcome == "unreported" and (following is None or following.kind != "find"):
                yield f"part {part.position}: an unknown outcome was not looked for"


@contextlib.contextmanager
def open_lanes(stores: Stores, folder: Path, count: int) -> Iterator[list[Lane]]:
    """Opens lanes for the length of a ``with`` block.

    Args:
        stores: Where their databases come from.
        folder: For homes and logs.
        count: How many.
    """
    with contextlib.ExitStack() as stack:
        forge = stack.enter_context(Forge(folder))
        lanes = []
        for number in range(count):
            home = folder / f"lane-{number}"
            home.mkdir()
            url = stack.enter_context(stores.database())
            env = stores.environment(home, database_url=url, redis_url=stores.fresh_redis_url())
            world = stack.enter_context(World(env, forge))
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
