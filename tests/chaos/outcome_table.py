"""Counts what became of a storm's posts, for the person who reads its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from tests.chaos.storm_networks import SeenPost
from tests.chaos.storm_plan import BIG_TENANT, SMALL_TENANT
from tests.chaos.verdict import Asked, places

__all__ = ("NetworkTable", "count")


class NetworkTable(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the posts of one network, threads counted once.

    Attributes:
        posts: How many there are.
        once: All of the post is there once, and the product says so.
        unconfirmed: Nobody could tell, and a person is asked.
        unconfirmed_public: Of those, how many have their unclear part at the network.
        twice: A part is there more than once.
        missing: A part is not there, and the product does not say that it may be missing.
        failed: Jobs that ended as failed, by reason.
        small_at: Where in the network's order the posts of the smallest tenant are, 0 to 1.
        big_at: The same of the biggest tenant.
    """

    posts: int
    once: int
    unconfirmed: int
    unconfirmed_public: int
    twice: int
    missing: int
    failed: dict[str, int]
    small_at: list[float]
    big_at: list[float]


def count(
    asked: Sequence[Asked], network: str, seen: Mapping[str, Sequence[SeenPost]]
) -> NetworkTable:
    """Counts the posts of one network.

    Args:
        asked: Every post of the storm.
        network: Key of the network.
        seen: Every post that each network has.
    """
    there = Counter(entry.text for entry in seen[network])
    mine = [one for one in asked if one.post.network == network]
    numbers: Counter[str] = Counter()
    for one in mine:
        counts = [there[text] for text in one.post.texts]
        state = one.story.job.state
        numbers["twice"] += max(counts) > 1
        numbers["once"] += state == "published" and set(counts) == {1}
        numbers["missing"] += state != "unconfirmed" and 0 in counts
        numbers["unconfirmed"] += state == "unconfirmed"
        numbers["unconfirmed_public"] += any(
            part.state == "unconfirmed" and there[part.text or one.post.texts[part.position]]
            for part in one.story.parts
        )
    failed = Counter(
        f"{one.story.job.error_code}: {one.story.job.error_message}"
        for one in mine
        if one.story.job.state == "failed"
    )
    return NetworkTable(
        posts=len(mine),
        failed=dict(failed),
        small_at=places(asked, network, seen[network], SMALL_TENANT),
        big_at=places(asked, network, seen[network], BIG_TENANT),
        **{
            name: numbers[name]
            for name in ("once", "unconfirmed", "unconfirmed_public", "twice", "missing")
        },
    )
