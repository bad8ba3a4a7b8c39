"""A worker is killed at every ledger write and at every network call: no post is there twice.

The suite tries every point of a post on Bluesky, and one of each kind of point on X and YouTube. On the
seven other networks it tries those about the moment at which a post becomes public, and some that are
drawn. The command ``matrix.py`` tries all of them.
"""

from __future__ import annotations

import contextlib
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kill_points import KillPoint, one_of_each
from lanes import Case, Lane, Verdict, open_lanes, side_by_side
from practice_seven import SEVEN, installed
from shared_servers import Stores
from tap import PostgresTap, When
from world import PostKind, World

from mpcas2_sandbox import FaultRule

LANES = 4
WHENS: tuple[When, ...] = ("before", "after")
LEDGER = ("open", "mark", "settle")
# What a dry run has to have seen beside the ledger: calls, and which of them come with a journal.
SEEN: dict[tuple[str, PostKind], tuple[str, ...]] = {
    ("bluesky", "text"): ("putRecord",),
    ("bluesky", "image"): ("putRecord", "uploadBlob"),
    ("bluesky", "thread"): ("putRecord",),
    ("twitter", "text"): ("post",),
    ("twitter", "thread"): ("post",),
    ("twitter", "images"): ("post", "upload", "metadata"),
    ("twitter", "video"): ("post", "initialize", "append", "finalize", "metadata"),
    ("youtube", "video"): (
        "open",
        "bytes",
        "videos.list",
        "thumbnails.set",
        "playlistItems.list",
        "playlistItems.insert",
    ),
}
# How many points of each of the seven networks are drawn beside those that are always tried; more cost
# seconds that the suite does not have.
DRAWN = 1
WITH_MEDIA = ("image", "images", "video")


LanesOf = Callable[[str], list[Lane]]


@pytest.fixture(scope="module")
def lanes_of(servers: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanesOf]:
    """Gives the lanes of a network, opened when they are first asked for."""
    with contextlib.ExitStack() as stack:
        opened: dict[str, list[Lane]] = {}

        def lanes_of(network: str) -> list[Lane]:
            if network not in opened:
                folder: Path = tmp_path_factory.mktemp(network)
                opened[network] = stack.enter_context(open_lanes(servers, folder, LANES, network))
            return opened[network]

        yield lanes_of


@pytest.mark.parametrize(("network", "kind"), SEEN)
def test_a_post_is_never_there_twice_wherever_its_worker_is_killed(
    lanes_of: LanesOf, network: str, kind: PostKind
) -> None:
    lanes = lanes_of(network)
    points = lanes[0].points(kind)
    assert set(must_be_there(network, kind)) <= set(points)
    if network != "bluesky":
        points = one_of_each(points)
    cases = [Case(kind=kind, kills=(point,)) for point in points]
    assert_right(side_by_side(lanes, cases, Lane.judge))


def test_seven_networks_have_no_post_twice_wherever_its_worker_is_killed(
    servers: Stores, tmp_path_factory: pytest.TempPathFactory
) -> None:
    networks = [key for key in SEVEN if key in installed()]
    if not networks:
        pytest.skip("no plugin of the seven networks is installed")
    seed = random.SystemRandom().randrange(1 << 32)
    sys.stdout.write(f"drawn with the seed {seed}\n")

    def judged(lane: Lane) -> list[Verdict]:
        kind = lane.world.network.kinds[0]
        # How often a network is asked whether it is ready differs from run to run; the first is sure.
        points = [point for point in lane.points(kind) if point.nth == 1]
        decisive = [point for point in points if decides(point, lane)]
        # Each of the four moments of the call that makes the post, and both ends of the ledger's.
        assert len(decisive) >= 6
        others = [point for point in points if point not in decisive]
        drawn = random.Random(f"{seed} {lane.world.main}").sample(others, DRAWN)
        return [lane.judge(Case(kind=kind, kills=(point,))) for point in (*decisive, *drawn)]

    with (
        open_lanes(servers, tmp_path_factory.mktemp("seven"), 1, *networks) as lanes,
        ThreadPoolExecutor(len(lanes)) as threads,
    ):
        verdicts = [verdict for some in threads.map(judged, lanes) for verdict in some]
    assert_right(verdicts)


def decides(point: KillPoint, lane: Lane) -> bool:
    """Tells whether a point is about the moment at which a post becomes public."""
    if point.where == "commit":
        return (point.name, point.when) in {("mark", "after"), ("settle", "before")}
    finals: Sequence[str] = [call.name for call in lane.world.network.calls if call.final]
    return point.name in finals


def test_a_timeline_that_lags_makes_nobody_post_twice(lanes_of: LanesOf) -> None:
    lane = lanes_of("twitter")[0]
    control = lane.world.sandbox.control
    control.call("POST", "settings", {"timelineLagSeconds": 3600})
    lane.lags = True
    points = [
        KillPoint(where="request", name="post", nth=2, when="after"),
        KillPoint(where="request", name="post", nth=2, when="after", lives=True),
        KillPoint(where="request", name="post", nth=2, when="before", late=True),
        KillPoint(where="statement", name="settle", nth=2, when="before"),
    ]
    try:
        verdicts = [lane.judge(Case(kind="thread", kills=(point,))) for point in points]
    finally:
        lane.lags = False
        control.call("POST", "settings", {"timelineLagSeconds": 0})
    assert_right(verdicts)
    # The first part shows, the second is there and nobody can tell, the third waits for a person.
    assert [verdict.posts for verdict in verdicts] == [2, 2, 2, 2]


@pytest.mark.parametrize("when", WHENS)
def test_a_thread_goes_on_when_its_worker_is_killed_while_it_notes_a_quota(
    lanes_of: LanesOf, when: When
) -> None:
    lane = lanes_of("twitter")[0]
    control = lane.world.sandbox.control
    limit: dict[str, object] = {"route": "POST /2/tweets", "per": "user"}
    # From the second post on less than half is left, which is when it is noted.
    control.call("POST", "limits", {**limit, "limit": 3})
    noted = KillPoint(where="statement", name="quota-learn", nth=1, when=when)
    try:
        verdict = lane.judge(Case(kind="thread", kills=(noted,)))
    finally:
        control.call("POST", "limits", {**limit, "limit": None})
    assert_right([verdict])
    assert (verdict.state, verdict.posts) == ("published", 3)


@pytest.mark.parametrize("when", WHENS)
def test_a_refused_post_is_not_lost_when_its_worker_is_killed_while_it_holds_a_quota(
    lanes_of: LanesOf, when: When
) -> None:
    lane = lanes_of("twitter")[0]
    control = lane.world.sandbox.control
    refused = FaultRule(
        action="status",
        method="POST",
        path=r"^/2/tweets$",
        status=429,
        headers={"x-rate-limit-reset": str(int(time.time()))},
    )
    control.add_fault(refused)
    held = KillPoint(where="statement", name="quota-hold", nth=1, when=when)
    verdict = lane.judge(Case(kind="text", kills=(held,)))
    # The refusal died with the worker, and a timeline proves nothing: a person has to look.
    assert (verdict.state, verdict.posts) == ("unconfirmed", 0)
    assert verdict.outcomes == ("unreported", *["cannot_tell"] * 6)


def must_be_there(network: str, kind: PostKind) -> Iterator[KillPoint]:
    """Points without which the dry run has not seen what it should."""
    parts = 3 if kind == "thread" else 1
    for nth in range(1, parts + 1):
        for when in WHENS:
            for name in LEDGER:
                yield KillPoint(where="statement", name=name, nth=nth, when=when)
                yield KillPoint(where="commit", name=name, nth=nth, when=when)
            for name in SEEN[network, kind]:
                yield KillPoint(where="request", name=name, nth=nth, when=when)
            if kind in WITH_MEDIA:
                yield KillPoint(where="commit", name="journal", nth=nth, when=when)
            if network != "bluesky":
                yield KillPoint(where="statement", name="quota-charge", nth=nth, when=when)


@pytest.mark.parametrize(
    ("network", "call"), [("bluesky", "putRecord"), ("twitter", "post")], ids=["bluesky", "x"]
)
def test_the_matrix_notices_an_adapter_that_posts_twice(
    make_world: Callable[..., World],
    plugin_path: Callable[[str], tuple[str, ...]],
    network: str,
    call: str,
) -> None:
    name = {"bluesky": "bluesky", "twitter": "x"}[network]
    world = make_world(
        platform=f"{name}-forgetful",
        networks=(network,),
        path=plugin_path(f"{name}_forgetful"),
    )
    answered = KillPoint(where="request", name=call, nth=1, when="after")
    with PostgresTap(world.env["DATABASE_URL"]) as tap:
        verdict = Lane(world, tap).judge(Case(kind="text", kills=(answered,)))
    assert verdict.posts == 2
    assert any("2 posts for 1" in fault for fault in verdict.faults)


def assert_right(verdicts: list[Verdict]) -> None:
    bad = [f"{one.case}\n{chr(10).join(one.faults)}" for one in verdicts if one.faults]
    assert not bad, f"{len(bad)} of {len(verdicts)}:\n" + "\n\n".join(bad)
