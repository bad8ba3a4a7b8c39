"""What a storm does, all of it chosen by one seed: the posts, the faults and the moments of harm."""

from __future__ import annotations

from random import Random
from typing import Literal

import msgspec

from mpcas2_sandbox import FaultRule

__all__ = ("LONGEST_DELAY", "PlannedPost", "StormPlan", "make_plan")

TENANTS = 5
ACCOUNTS_PER_TENANT = 2
THREAD_PARTS = 3
KINDS: tuple[Literal["text", "image", "thread"], ...] = ("text", "image", "thread")
SHARES = (60, 20, 20)
# One request in so many is harmed.
REQUESTS_PER_FAULT = 12
# Longer than a send may last: its answer comes too late, its effect later still.
LONGEST_DELAY = 1.2


class PlannedPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post that will be asked for.

    Attributes:
        tenant: Number of its tenant.
        account: Number of the account among its tenant's.
        kind: A text, a text with one picture, or a thread of three.
        texts: The text of each part; no other part of the storm has it.
    """

    tenant: int
    account: int
    kind: Literal["text", "image", "thread"]
    texts: tuple[str, ...]


class StormPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One storm.

    Attributes:
        seed: Makes the same plan again.
        posts: What is to be published.
        faults: What the network does wrong.
        flush_at: Counts of outcomes at which the queue's store is emptied.
        restart_at: Count of outcomes at which PostgreSQL is restarted.
    """

    seed: int
    posts: tuple[PlannedPost, ...]
    faults: tuple[FaultRule, ...]
    flush_at: tuple[int, ...]
    restart_at: int

    @property
    def texts(self) -> int:
        """How many posts the network must count in the end."""
        return sum(len(post.texts) for post in self.posts)


def make_plan(*, posts: int, seed: int) -> StormPlan:
    """Chooses a storm.

    Args:
        posts: How many posts, threads counted once.
        seed: The same one gives the same plan.
    """
    random = Random(seed)
    planned = tuple(_post(random, number) for number in range(posts))
    parts = sum(len(post.texts) for post in planned)
    # Each part has at least one outcome, so every one of these moments comes.
    moments = random.sample(range(parts // 10, parts * 9 // 10), 3)
    return StormPlan(
        seed=seed,
        posts=planned,
        faults=tuple(_fault(random, parts) for _ in range(parts // REQUESTS_PER_FAULT)),
        flush_at=tuple(sorted(moments[:2])),
        restart_at=moments[2],
    )


def _post(random: Random, number: int) -> PlannedPost:
    kind = random.choices(KINDS, SHARES)[0]
    parts = THREAD_PARTS if kind == "thread" else 1
    return PlannedPost(
        tenant=random.randrange(TENANTS),
        account=random.randrange(ACCOUNTS_PER_TENANT),
        kind=kind,
        texts=tuple(f"{kind} {number:05d} part {part} #storm" for part in range(parts)),
    )


def _fault(random: Random, parts: int) -> FaultRule:
    path = random.choices(("putRecord$", "uploadBlob$", "getRecord$"), (80, 10, 10))[0]
    after = random.randrange(parts if path == "putRecord$" else max(1, parts // 10))
    return random.choice(
        (
            FaultRule(
                action="status", path=path, after=after, status=429, headers={"Retry-After": "1"}
            ),
            FaultRule(action="status", path=path, after=after, status=503),
            FaultRule(action="status_after", path=path, after=after, status=503),
            FaultRule(action="cut_before", path=path, after=after),
            FaultRule(action="cut_after", path=path, after=after),
            FaultRule(
                action="delay",
                path=path,
                after=after,
                seconds=round(random.uniform(0.1, LONGEST_DELAY), 2),
            ),
        )
    )
