"""Workers that are killed amid an upload: the next one goes on, and no byte is sent for nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
from byte_tap import ByteTap
from library import MEGABYTE
from resumed_upload import upload_with_kills
from world import World

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="reads the memory of processes from /proc"
)

MOST_GROWTH = 64 * MEGABYTE


def test_an_upload_whose_workers_are_killed_goes_on_where_it_was(
    make_world: Callable[..., World],
) -> None:
    world = make_world(networks=("youtube",))
    with ByteTap(world.sandbox.url) as tap:
        report = upload_with_kills(world, tap, megabytes=48, kills=2)
    assert not list(report.faults())
    assert [kill.received > 0 for kill in report.kills] == [True, True]
    grown = [*(kill.grown for kill in report.kills), report.finisher_grown, report.network_grown]
    assert max(grown) < MOST_GROWTH
