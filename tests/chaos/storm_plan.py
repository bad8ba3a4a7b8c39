"""What a storm does, all of it chosen by one seed: the posts, the faults and the moments of harm."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Literal

import msgspec

from mpcas2_sandbox import FaultRule

__all__ = (
    "ACCOUNTS_PER_TENANT",
    "BIG_TENANT",
    "LONGEST_DELAY",
    "SMALL_TENANT",
    "TENANTS",
    "PlannedPost",
    "PostKind",
    "StormPlan",
    "make_plan",
)

PostKind = Literal["text", "image", "thread", "video"]

# The share of all posts that each tenant has: the first one floods the others.
TENANT_SHARES = (56, 16, 11, 9, 8)
TENANTS = len(TENANT_SHARES)
BIG_TENANT, SMALL_TENANT = 0, TENANTS - 1
ACCOUNTS_PER_TENANT = 2
THREAD_PARTS = 3
KINDS: dict[str, dict[PostKind, int]] = {
    "bluesky": {"text": 60, "image": 20, "thread": 20},
    "twitter": {"text": 55, "image": 20, "thread": 20, "video": 5},
    "youtube": {"video": 100},
}
# Of 100 posts; a video costs more time than a text.
NETWORK_SHARES = {"bluesky": 38, "twitter": 38, "youtube": 24}
# One fault for so many parts.
PARTS_PER_FAULT = 8
# A small storm is rougher.
LEAST_FAULTS = 10
# Longer than a send may last: its answer comes too late, its effect later still.
LONGEST_DELAY = 1.6
# Rate limits without a time: the product waits a minute for each, so only a patient storm has them.
RESETLESS_PER_NETWORK = 2


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Requests that can be harmed.

    Attributes:
        method: Their HTTP method.
        path: Found in their path.
        share: How many of a hundred faults they get.
        requests: How many of them there are for each part, roughly.
    """

    method: str
    path: str
    share: int
    requests: float


TARGETS = {
    "bluesky": (
        Target(method="POST", path="putRecord$", share=80, requests=1),
        Target(method="POST", path="uploadBlob$", share=10, requests=0.1),
        Target(method="GET", path="getRecord$", share=10, requests=0.1),
    ),
    "twitter": (
        Target(method="POST", path="/2/tweets$", share=70, requests=1),
        Target(method="POST", path="/2/media/", share=20, requests=0.3),
        Target(method="GET", path="/2/users/.+/tweets$", share=10, requests=0.05),
    ),
    "youtube": (
        Target(method="PUT", path="/upload/youtube/v3/videos$", share=60, requests=2),
        Target(method="POST", path="/upload/youtube/v3/videos$", share=15, requests=1),
        Target(method="GET", path="/youtube/v3/videos$", share=25, requests=1),
    ),
}


class PlannedPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post that will be asked for.

    Attributes:
        network: Key of its network.
        tenant: Number of its tenant.
        account: Number of the account among its tenant's at that network.
        kind: A text, a text with one picture, a thread of three, or a video.
        texts: The text of each part, for YouTube the title; no other part of the storm has it.
    """

    network: str
    tenant: int
    account: int
    kind: PostKind
    texts: tuple[str, ...]


class StormPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One storm.

    Attributes:
        seed: Makes the same plan again.
        posts: What is to be published.
        faults: What each network does wrong.
        flush_at: Counts of outcomes at which the queue's store is emptied.
        restart_at: Count of outcomes at which PostgreSQL is restarted.
    """

    seed: int
    posts: tuple[PlannedPost, ...]
    faults: dict[str, tuple[FaultRule, ...]]
    flush_at: tuple[int, ...]
    restart_at: int


def make_plan(*, posts: int, seed: int, patient: bool = True) -> StormPlan:
    """Chooses a storm.

    Args:
        posts: How many posts, threads counted once.
        seed: The same one gives the same plan.
        patient: With faults that take minutes.
    """
    random = Random(seed)
    planned = tuple(_post(random, number) for number in range(posts))
    parts: Counter[str] = Counter()
    for post in planned:
        parts[post.network] += len(post.texts)
    # Each post has at least one outcome, so every one of these moments comes.
    moments = random.sample(range(posts // 10, posts * 9 // 10), 3)
    return StormPlan(
        seed=seed,
        posts=planned,
        faults={
            network: _faults(random, network, parts[network], patient=patient)
            for network in TARGETS
        },
        flush_at=tuple(sorted(moments[:2])),
        restart_at=moments[2],
    )


def _post(random: Random, number: int) -> PlannedPost:
    network = random.choices(tuple(NETWORK_SHARES), tuple(NETWORK_SHARES.values()))[0]
    kind = random.choices(tuple(KINDS[network]), tuple(KINDS[network].values()))[0]
    parts = THREAD_PARTS if kind == "thread" else 1
    return PlannedPost(
        network=network,
        tenant=random.choices(range(TENANTS), TENANT_SHARES)[0],
        account=random.randrange(ACCOUNTS_PER_TENANT),
        kind=kind,
        texts=tuple(
            f"{kind} {number:05d} part {part} #storm https://example.com/{number}"
            for part in range(parts)
        ),
    )


def _faults(random: Random, network: str, parts: int, *, patient: bool) -> tuple[FaultRule, ...]:
    targets = TARGETS[network]
    chosen = random.choices(
        targets, [one.share for one in targets], k=max(LEAST_FAULTS, parts // PARTS_PER_FAULT)
    )
    faults = [_fault(random, target, parts) for target in chosen]
    if patient:
        faults += [
            FaultRule(
                action="status",
                method=targets[0].method,
                path=targets[0].path,
                status=429,
                after=random.randrange(max(1, parts // 2)),
            )
            for _ in range(RESETLESS_PER_NETWORK)
        ]
    return tuple(faults)


def _fault(random: Random, target: Target, parts: int) -> FaultRule:
    rule = FaultRule(
        action="status",
        method=target.method,
        path=target.path,
        after=random.randrange(max(1, int(parts * target.requests))),
    )
    harm = random.choice(
        (
            {"status": 429, "headers": {"Retry-After": "1"}},
            {"status": 503},
            {"action": "status_after", "status": 502},
            {"action": "cut_before"},
            {"action": "cut_after"},
            {"action": "malformed"},
            {"action": "truncated"},
            {"action": "delay", "seconds": round(random.uniform(0.1, LONGEST_DELAY), 2)},
        )
    )
    return msgspec.structs.replace(rule, **harm)
