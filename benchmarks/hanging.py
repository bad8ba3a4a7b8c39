"""Nine tenths of the posts on healthy networks while one network hangs, against none hanging."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from benchmarks import publishers, rig
from benchmarks.cpu import CpuMeter
from benchmarks.film import make_film
from benchmarks.networks import KEYS, Network, running

from mpcas2_core.engine import Engine
from mpcas2_sandbox import FaultRule

LEAD_SECONDS = 2.0
LONGEST_SECONDS = 400.0
FILM_BYTES = 300_000
# The held posts need not be waited for when the worker is told to stop.
QUICK = {"MPCAS2_POLL_SECONDS": "0.1", "MPCAS2_DRAIN_SECONDS": "0"}


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One round: healthy posts per second, how late they were, requests held, cores in use."""

    rate: float
    p50: float
    p99: float
    held: int
    worker: float


class Bench:
    """One run.

    Args:
        place: The servers.
        networks: The practice networks by key.
        hanging: The one that hangs.
        posts: Posts of a round, in all; a tenth of them goes to the one that hangs.
        film: The file of YouTube's posts.
    """

    def __init__(
        self,
        place: rig.Site,
        networks: Mapping[str, Network],
        hanging: str,
        posts: int,
        film: Path,
    ) -> None:
        self.place = place
        self.networks = networks
        self.hanging = hanging
        self.film = film
        self.ill = posts // 10
        self.each = (posts - self.ill) // (len(networks) - 1)

    async def one_round(self, engine: Engine, *, hangs: bool) -> Round:
        """Runs the posts through one worker.

        Args:
            engine: For set-up and results.
            hangs: Whether every request to the one network is held.
        """
        control = self.networks[self.hanging].process.control
        crew = [
            await publishers.make_publisher(engine, one, self.film if one.has_film else None)
            for one in self.networks.values()
        ]
        healthy = [one for one in crew if one.platform != self.hanging]
        ill = [one for one in crew if one.platform == self.hanging]
        if hangs:
            control.add_fault(FaultRule(action="hold_before", times=None))
        with rig.worker(self.place, QUICK) as process:
            due_at = datetime.now(UTC) + timedelta(seconds=LEAD_SECONDS)
            await publishers.submit_many(engine, ill, each=self.ill, due_at=due_at)
            await publishers.submit_many(engine, healthy, each=self.each, due_at=due_at)
            await asyncio.sleep(max(0.0, (due_at - datetime.now(UTC)).total_seconds()))
            meter = CpuMeter({"worker": process})
            async with publishers.hurried(
                engine, [key for key, one in self.networks.items() if one.has_film]
            ):
                await publishers.drained(engine, LONGEST_SECONDS, but=self.hanging)
                worker = meter.shares()["worker"]
                held = len(control.call("GET", "held")["held"])
                if not hangs:
                    await publishers.drained(engine, LONGEST_SECONDS)
            await self._clear(engine)
        return _result(await self._late(engine, healthy), held=held, worker=worker)

    async def _clear(self, engine: Engine) -> None:
        control = self.networks[self.hanging].process.control
        async with engine.database.public() as connection:
            await connection.execute("DELETE FROM public.due_jobs")
        control.clear_faults()
        control.release_all("cut")

    async def _late(self, engine: Engine, healthy: Sequence[publishers.Publisher]) -> list[float]:
        late: list[float] = []
        for publisher in healthy:
            rows = await engine.database.run(
                publisher.tenant,
                lambda scope: scope.fetch(
                    "SELECT extract(epoch FROM published_at - scheduled_at)::float8 AS late "
                    "FROM publish_jobs WHERE state = 'published'"
                ),
            )
            if len(rows) != self.each:
                raise RuntimeError(
                    f"{len(rows)} of {self.each} posts went out on {publisher.platform}."
                )
            late.extend(row["late"] for row in rows)
        return sorted(late)


def _result(late: list[float], *, held: int, worker: float) -> Round:
    return Round(
        rate=len(late) / late[-1],
        p50=late[len(late) // 2],
        p99=late[len(late) * 99 // 100],
        held=held,
        worker=worker,
    )


async def measure(bench: Bench, rounds: int) -> None:
    """Measures both in turn and shows them."""
    told: dict[bool, list[Round]] = {False: [], True: []}
    async with rig.engine_of(bench.place) as engine:
        for _ in range(rounds):
            for hangs, results in told.items():
                results.append(await bench.one_round(engine, hangs=hangs))
    for hangs, results in told.items():
        name = f"{bench.hanging} hangs" if hangs else "none hangs"
        p50, p99, held, worker = (
            rig.median([getattr(one, field) for one in results])
            for field in ("p50", "p99", "held", "worker")
        )
        print(
            f"{name}: {rig.spread([one.rate for one in results])} healthy posts/s, late p50 "
            f"{p50:.1f} s, p99 {p99:.1f} s; {held:.0f} requests held at the end; worker {worker:.2f} "
            "cores"
        )
    ill, well = (rig.median([one.rate for one in told[hangs]]) for hangs in (True, False))
    print(f"RATIO healthy posts/s, one hanging / none: {ill / well:.2f}")


def main() -> None:
    """Reads the sizes and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=2_000, help="a multiple of 20")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hangs", choices=KEYS, default="twitter")
    arguments: Any = parser.parse_args()
    if arguments.posts % 20:
        parser.error("--posts has to be a multiple of 20")
    what = (
        f"hanging: {arguments.posts} posts, a tenth on {arguments.hangs}, {arguments.rounds} rounds"
    )
    print(rig.headline(what), flush=True)
    with running(KEYS) as networks, rig.site(networks.values()) as place:
        film = Path(place.environment["HOME"]) / "film.mp4"
        make_film(film, FILM_BYTES)
        bench = Bench(place, networks, arguments.hangs, arguments.posts, film)
        asyncio.run(measure(bench, arguments.rounds))


if __name__ == "__main__":
    main()
