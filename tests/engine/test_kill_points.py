"""A worker is killed at every ledger write and at every network call: each post is there once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kill_points import KillPoint
from lanes import Case, Lane, open_lanes, side_by_side
from shared_servers import Stores
from tap import PostgresTap, When
from world import KINDS, PostKind, World

LANES = 4
WHENS: tuple[When, ...] = ("before", "after")


@pytest.fixture(scope="module")
def lanes(servers: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Lane]]:
    folder: Path = tmp_path_factory.mktemp("lanes")
    with open_lanes(servers, folder, LANES) as opened:
        yield opened


@pytest.mark.parametrize("kind", KINDS)
def test_a_post_is_there_once_wherever_its_worker_is_killed(
    lanes: list[Lane], kind: PostKind
) -> None:
    points = lanes[0].points(kind)
    assert set(must_be_there(kind)) <= set(points)
    cases = [Case(kind=kind, kills=(point,)) for point in points]
    verdicts = side_by_side(lanes, cases, Lane.judge)
    bad = [f"{one.case}\n{chr(10).join(one.faults)}" for one in verdicts if one.faults]
    assert not bad, f"{len(bad)} of {len(verdicts)}:\n" + "\n\n".join(bad)


def must_be_there(kind: PostKind) -> Iterator[KillPoint]:
    """Points without which the dry run has not seen what it should."""
    for nth in range(1, 4 if kind == "thread" else 2):
        for when in WHENS:
            for name in ("open", "mark", "settle"):
                yield KillPoint(where="statement", name=name, nth=nth, when=when)
                yield KillPoint(where="commit", name=name, nth=nth, when=when)
            yield KillPoint(where="request", name="putRecord", nth=nth, when=when)
            if kind == "image":
                yield KillPoint(where="request", name="uploadBlob", nth=nth, when=when)
                yield KillPoint(where="commit", name="journal", nth=nth, when=when)


def test_the_matrix_notices_an_adapter_that_posts_twice(
    make_world: Callable[..., World], plugin_path: Callable[[str], tuple[str, ...]]
) -> None:
    world = make_world(platform="bluesky-forgetful", path=plugin_path("bluesky_forgetful"))
    answered = KillPoint(where="request", name="putRecord", nth=1, when="after")
    with PostgresTap(world.env["DATABASE_URL"]) as tap:
        verdict = Lane(world, tap).judge(Case(kind="text", kills=(answered,)))
    assert verdict.posts == 2
    assert any("2 posts for 1" in fault for fault in verdict.faults)
