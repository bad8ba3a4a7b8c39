"""Text posts through the engine with one worker, against a bare loop of the same adapter calls."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psutil
from benchmarks import rig, sampling
from benchmarks.bare_loop import Order, Told
from benchmarks.cpu import CpuMeter

from mpcas2_core.engine import Engine
from mpcas2_sandbox.process import SandboxProcess

LEAD_SECONDS = 2.0
LONGEST_SECONDS = 180.0
# What the worker asks beside a job's own statements.
BESIDE = ("offer", "next-due", "heartbeat")


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round: posts per second, cores in use, and milliseconds of CPU time per post."""

    rate: float
    shares: dict[str, float]
    cpu: dict[str, float]


class Bench:
    """One run: the servers, the network, and accounts that are used once each."""

    def __init__(self, place: rig.Site, network: SandboxProcess, posts: int) -> None:
        self.place = place
        self.network = network
        self.posts = posts
        self.accounts = iter(rig.practice_accounts(network, 100))
        self.trees = {
            **{one.name: psutil.Process(one.pid) for one in place.servers.processes()},
            "network": psutil.Process(network.pid),
        }

    def bare(self, at_once: int) -> Round:
        """Runs the bare loop."""
        order = Order(
            server=self.network.url, account=next(self.accounts), posts=self.posts, at_once=at_once
        )
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.bare_loop"],
            input=msgspec.json.encode(order),
            stdout=subprocess.PIPE,
            check=True,
            cwd=Path(__file__).parents[1],
            timeout=LONGEST_SECONDS,
        )
        told = msgspec.json.decode(done.stdout, type=Told)
        return Round(
            rate=self.posts / told.seconds, shares={}, cpu={"loop": told.cpu / self.posts * 1000}
        )

    async def through_engine(self, engine: Engine, *, profile: Path | None = None) -> Round:
        """Runs the posts through one worker."""
        publisher = await rig.make_publisher(engine, self.network, next(self.accounts))
        with rig.worker(self.place, profile=profile) as process:
            due_at = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
            await rig.submit_many(engine, [publisher], each=self.posts, due_at=due_at)
            await asyncio.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds()))
            meter = CpuMeter({"worker": process, **self.trees})
            await rig.drained(engine, LONGEST_SECONDS)
            shares, used = meter.shares(), meter.seconds()
        ended = await engine.database.run(
            publisher.tenant,
            lambda scope: scope.fetchrow(
                "SELECT max(a.finished_at) AS at, count(DISTINCT j.id) FILTER "
                "(WHERE j.state = 'published') AS published FROM publish_jobs j "
                "JOIN publish_attempts a ON a.job_id = j.id"
            ),
        )
        if ended is None or ended["published"] != self.posts:
            raise RuntimeError(f"Not every post was published: {ended}.")
        return Round(
            rate=self.posts / (ended["at"] - due_at).total_seconds(),
            shares=shares,
            cpu={name: seconds / self.posts * 1000 for name, seconds in used.items()},
        )

    async def round_trips(self, engine: Engine) -> list[str]:
        """Counts what one post asks PostgreSQL for, once its worker is warm."""
        # The tests' tap is no package; it lies beside them.
        sys.path.append(str(Path(__file__).parents[1] / "tests" / "harness"))
        from tap import PostgresTap  # noqa: PLC0415 - after the path is known

        publisher = await rig.make_publisher(engine, self.network, next(self.accounts))
        with (
            PostgresTap(self.place.environment["DATABASE_URL"]) as tap,
            rig.worker(self.place, DATABASE_URL=tap.url),
        ):
            for _ in range(3):
                # The first ones open connections and prepare statements.
                tap.clear()
                await rig.submit_many(engine, [publisher], each=1, due_at=datetime.now(UTC))
                await rig.drained(engine, LONGEST_SECONDS)
                await asyncio.sleep(0.3)
            return [one.label for one in tap.trace()]


async def measure(bench: Bench, rounds: int, at_once: int, profile: Path) -> None:
    engine_rounds, loop_rounds, wide_rounds = list[Round](), list[Round](), list[Round]()
    async with rig.engine_of(bench.place) as engine:
        for _ in range(rounds):
            engine_rounds.append(await bench.through_engine(engine))
            loop_rounds.append(await asyncio.to_thread(bench.bare, 1))
            wide_rounds.append(await asyncio.to_thread(bench.bare, at_once))
        sampled = await bench.through_engine(engine, profile=profile)
        trace = await bench.round_trips(engine)
    stats = bench.network.control.call("GET", "stats")
    expected = bench.posts * (3 * rounds + 1) + 3
    own, loop, wide = (
        rig.median([one.rate for one in told]) for told in (engine_rounds, loop_rounds, wide_rounds)
    )
    for name, told in (
        (f"engine, one worker, {at_once} at once", engine_rounds),
        ("bare loop, one after the other", loop_rounds),
        (f"bare loop, {at_once} at once", wide_rounds),
    ):
        cpu = ", ".join(f"{part} {used:.2f}" for part, used in _medians(told, "cpu").items())
        rates = rig.spread([one.rate for one in told])
        print(f"{name}: {rates} posts/s; CPU ms per post: {cpu}")
    busy = ", ".join(
        f"{name} {used:.2f}" for name, used in _medians(engine_rounds, "shares").items()
    )
    print(f"cores in use by the engine: {busy}")
    print(f"RATIO engine / bare loop one after the other: {own / loop:.2f} (aim 0.4)")
    print(f"RATIO engine / bare loop {at_once} at once: {own / wide:.2f}")
    per_post = _medians(loop_rounds, "cpu")["loop"] / _medians(engine_rounds, "cpu")["worker"]
    print(f"RATIO of CPU time, bare loop / worker: {per_post:.2f}")
    print(f"the network counts {stats['posts']} posts, expected {expected}, edits {stats['edits']}")
    print(f"\nwhere the worker's CPU time goes (a round of its own, {sampled.rate:,.0f} posts/s):")
    print(sampling.report(sampling.read(profile)))
    show_round_trips(trace)


def _medians(rounds: list[Round], field: str) -> dict[str, float]:
    told: list[dict[str, float]] = [getattr(one, field) for one in rounds]
    return {name: rig.median([one[name] for one in told]) for name in told[0]}


def show_round_trips(trace: list[str]) -> None:
    own = [label for label in trace if label not in BESIDE]
    print(f"\nSQL round trips of one post from claim to published: {len(own)} (aim 12 at most)")
    print(f"  {', '.join(own)}")
    beside = Counter(label for label in trace if label in BESIDE)
    print(f"  beside them, for all jobs together: {dict(beside)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments: Any = parser.parse_args()
    print(rig.headline(f"publishing: {arguments.posts} text posts, {arguments.rounds} rounds"))
    with rig.site() as place, SandboxProcess("bluesky") as network:
        profile = Path(place.environment["HOME"]) / "samples.json"
        at_once = place.settings().concurrency
        bench = Bench(place, network, arguments.posts)
        asyncio.run(measure(bench, arguments.rounds, at_once, profile))


if __name__ == "__main__":
    main()
