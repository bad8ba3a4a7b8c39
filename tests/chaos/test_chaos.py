"""Each post is published once, whatever dies on the way."""

from __future__ import annotations

import os
import secrets

import pytest
from tests.chaos.storm import run_storm
from tests.chaos.storm_plan import make_plan

POSTS = 500


# Some 15 seconds on two idle cores; the storm itself gives up when nothing moves any more.
@pytest.mark.timeout(600)
def test_a_storm_over_500_posts_publishes_each_once() -> None:
    seed = int(os.environ.get("CHAOS_SEED", "") or secrets.randbelow(1_000_000))
    report = run_storm(make_plan(posts=POSTS, seed=seed))
    again = f"run it again with CHAOS_SEED={seed}"
    told = "\n".join(report.problems[:20])
    assert not report.problems, f"{len(report.problems)} problems, {again}:\n{told}\n{report}"
    # A storm that did no harm would prove nothing.
    assert (report.flushes, report.restarts) == (2, 1)
    assert report.kills >= report.parts // 20, again
    assert len(report.faults) >= 5, again
