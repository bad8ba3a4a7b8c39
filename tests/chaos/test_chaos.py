"""Each post is published once or a person is asked, whatever dies on the way."""

from __future__ import annotations

import os
import secrets

import pytest
from tests.chaos.storm import run_storm
from tests.chaos.storm_networks import NETWORKS
from tests.chaos.storm_plan import make_plan

POSTS = 75


# Some 25 seconds on two idle cores; the storm itself gives up when nothing moves any more.
@pytest.mark.timeout(600)
def test_a_storm_over_three_networks_publishes_nothing_twice() -> None:
    seed = int(os.environ.get("CHAOS_SEED", "") or secrets.randbelow(1_000_000))
    print(f"The storm has CHAOS_SEED={seed}")  # noqa: T201 - pytest shows it when the test fails
    report = run_storm(make_plan(posts=POSTS, seed=seed, patient=False))
    again = f"run it again with CHAOS_SEED={seed}"
    told = "\n".join(report.problems[:20])
    assert not report.problems, f"{len(report.problems)} problems, {again}:\n{told}\n{report}"
    # A storm that did no harm would prove nothing.
    assert (report.flushes, report.restarts) == (2, 1)
    assert report.kills >= POSTS // 20, again
    assert set(report.faults) == {network.key for network in NETWORKS}
    assert all(report.faults.values()), again
