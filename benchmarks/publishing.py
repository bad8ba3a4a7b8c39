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
from benchmarks.bare_loop import Order
from benchmarks.cpu import CpuMeter
from mpcas2_core.engine import Engine
from mpcas2_sandbox.process import SandboxProcess

LEAD_SECONDS = 2.0
LONGEST_SECONDS = 180.0
# What the worker asks beside a job's own statements.
BESIDE = ("offer", "next-due", "heartbeat")


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

    def bare(self, at_once: int) -> float:
        """Runs the bare loop and gives posts per second."""
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
        return self.posts / float(done.stdout)

    async def through_engine(
        self, engine: Engine, *, profile: Path | None = None
    ) -> tuple[float, dict[str, float]]:
        """Runs the posts through one worker; gives posts per second and the cores in use."""
        publisher = await rig.make_publisher(engine, self.network, next(self.accounts))
        with rig.worker(self.place, profile=profile) as process:
            due_at = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
            await rig.submit_many(engine, [publisher], each=self.posts, due_at=due_at)
            await asyncio.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds()))
            meter = CpuMeter({"worker": process, **self.trees})
            await drained(engine)
            shares = meter.shares()
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
        return self.posts / (ended["at"] - due_at).total_seconds(), shares

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
                await drained(engine)
                await asyncio.sleep(0.3)
            return [one.label for one in tap.trace()]


async def drained(engine: Engine) -> None:
    """Waits until nothing is due any more."""
    async with asyncio.timeout(LONGEST_SECONDS), engine.database.public() as connection:
        while await connection.fetchval("SELECT EXISTS (SELECT 1 FROM public.due_jobs)"):
            await asyncio.sleep(0.05)


async def measure(bench: Bench, rounds: int, at_once: int, profile: Path) -> None:
    engine_rates, loop_rates, wide_rates = list[float](), list[float](), list[float]()
    shares: list[dict[str, float]] = []
    async with rig.engine_of(bench.place) as engine:
        for _ in range(rounds):
            rate, used = await bench.through_engine(engine)
            engine_rates.append(rate)
            shares.append(used)
            loop_rates.append(await asyncio.to_thread(bench.bare, 1))
            wide_rates.append(await asyncio.to_thread(bench.bare, at_once))
        sampled, _ = await bench.through_engine(engine, profile=profile)
        trace = await bench.round_trips(engine)
    stats = bench.network.control.call("GET", "stats")
    expected = bench.posts * (3 * rounds + 1) + 3
    print(f"engine, one worker, {at_once} at once:  {rig.spread(engine_rates)} posts/s")
    print(f"bare loop, one after the other: {rig.spread(loop_rates)} posts/s")
    print(f"bare loop, {at_once} at once:          {rig.spread(wide_rates)} posts/s")
    own, loop, wide = map(rig.median, (engine_rates, loop_rates, wide_rates))
    print(f"RATIO engine / bare loop:             {own / loop:.2f} (aim 0.4)")
    print(f"RATIO engine / bare loop {at_once} at once:  {own / wide:.2f}")
    print(f"the network counts {stats['posts']} posts, expected {expected}, edits {stats['edits']}")
    busy = {name: rig.median([one[name] for one in shares]) for name in shares[0]}
    print("cores in use: " + ", ".join(f"{name} {share:.2f}" for name, share in busy.items()))
    print(f"\nwhere the worker's CPU time goes (a run of its own, {sampled:,.0f} posts/s):")
    print(sampling.report(sampling.read(profile)))
    show_round_trips(trace)


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
