"""Judges what a storm left behind: at the networks, in the jobs, in the ledger and in the due index."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from statistics import median

import msgspec
from tests.chaos.storm_networks import SeenPost
from tests.chaos.storm_plan import BIG_TENANT, SMALL_TENANT, PlannedPost

from mpcas2_core.publishing.story import Attempt, PartStory, Story

__all__ = ("Asked", "judge", "judge_order", "places")

DONE = {"published", "found"}
# Their `find` always tells, so nothing may stay unclear.
EXACT = {"bluesky", "youtube"}
# These speak for themselves; every other outcome needs words.
WORDLESS = {"published", "still_deciding"}
# The faults of a storm decide where fewer posts are.
FEWEST_FOR_ORDER = 4


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A post of the plan, for whom it was asked, and what the product tells about it.

    Attributes:
        post: From the plan.
        account: The network's id of the account.
        story: Read after the storm.
        sha256: Of the file that it carries; None for none.
    """

    post: PlannedPost
    account: str
    story: Story
    sha256: str | None = None


def judge(
    asked: Sequence[Asked],
    seen: Mapping[str, Sequence[SeenPost]],
    *,
    changed: int,
    due: int,
) -> tuple[str, ...]:
    """Lists everything that is not as it must be.

    Nothing is there twice. On networks whose ``find`` is exact all is there once; on the others a post
    is there once, or its job is ``unconfirmed`` and asks for a person.

    Args:
        asked: Every post of the storm.
        seen: Every post that each network has.
        changed: How many posts were changed after they had been published.
        due: Rows left in the due index.
    """
    there: defaultdict[tuple[str, str], list[SeenPost]] = defaultdict(list)
    for network, posts in seen.items():
        for entry in posts:
            there[network, entry.text].append(entry)
    problems = [
        f"{one.post.network} {problem}"
        for one in asked
        for problem in _of_post(
            one, [there.pop((one.post.network, text), []) for text in one.post.texts]
        )
    ]
    problems += [f"{network} has {text!r}, for which nobody asked" for network, text in there]
    if changed:
        problems.append(f"{changed} posts were changed after they had been published")
    if due:
        problems.append(f"{due} rows are left in the due index")
    return tuple(problems)


def judge_order(asked: Sequence[Asked], seen: Mapping[str, Sequence[SeenPost]]) -> tuple[str, ...]:
    """Tells where the smallest tenant, who asked last, was served only after the biggest.

    Args:
        asked: Every post of the storm.
        seen: The posts of each network in the order in which they came.
    """
    problems = []
    for network, posts in seen.items():
        small = places(asked, network, posts, SMALL_TENANT)
        big = places(asked, network, posts, BIG_TENANT)
        if small and big and small[0] > median(big):
            problems.append(
                f"{network}: the small tenant's posts begin at {small[0]:.0%}, when half of the big "
                f"one's are there already ({median(big):.0%})"
            )
    return tuple(problems)


def places(
    asked: Sequence[Asked], network: str, posts: Sequence[SeenPost], tenant: int
) -> list[float]:
    """Tells where in a network's order a tenant's posts are.

    Args:
        asked: Every post of the storm.
        network: Key of the network.
        posts: The network's posts in the order in which they came.
        tenant: Number of the tenant.

    Returns:
        In ascending order, 0 for the very first and nearly 1 for the last; nothing where too few
        posts tell nothing.
    """
    mine = {
        one.post.texts[0]
        for one in asked
        if one.post.tenant == tenant and one.post.network == network
    }
    found = [number / len(posts) for number, entry in enumerate(posts) if entry.text in mine]
    return found if len(found) >= FEWEST_FOR_ORDER else []


def _of_post(one: Asked, parts: Sequence[Sequence[SeenPost]]) -> Iterator[str]:
    name = one.post.texts[0]
    counts = [len(entries) for entries in parts]
    if max(counts) > 1:
        yield f"{name}: the network has its parts {counts} times"
    elif one.story.job.state == "unconfirmed" and one.post.network not in EXACT:
        yield from _of_unconfirmed(one, counts)
    else:
        if counts != [1] * len(counts):
            yield f"{name}: the network has its parts {counts} times"
        yield from _of_published(one)
    public = [entries[0] for entries in parts if entries]
    yield from _at_network(one, public)
    yield from _in_ledger(one.story, name)


def _of_published(one: Asked) -> Iterator[str]:
    name, job, parts = one.post.texts[0], one.story.job, one.story.parts
    if job.state != "published":
        yield f"{name}: job {job.id} is {job.state}: {job.error_message}"
    if job.needs_attention or job.error_code or job.next_attempt_at:
        yield f"{name}: job {job.id} still asks for something"
    if any(part.state != "published" for part in parts):
        yield f"{name}: parts are {[part.state for part in parts]}"
    elif job.platform_post_id != parts[0].post_id:
        yield f"{name}: the job names {job.platform_post_id}"


def _of_unconfirmed(one: Asked, counts: Sequence[int]) -> Iterator[str]:
    """Of its parts, those before the unclear one are public, and those after it are not."""
    name, job = one.post.texts[0], one.story.job
    states = [part.state for part in one.story.parts]
    if not job.needs_attention or job.error_code != "UNCONFIRMED" or not job.error_message:
        yield f"{name}: job {job.id} is unconfirmed and asks nobody"
    before = states.index("unconfirmed") if "unconfirmed" in states else 0
    after = len(states) - before - 1
    if states != ["published"] * before + ["unconfirmed"] + ["pending"] * after:
        yield f"{name}: the job is unconfirmed and its parts are {states}"
    elif [*counts[:before], *counts[before + 1 :]] != [1] * before + [0] * after:
        yield f"{name}: part {before} is unconfirmed, the network has {counts}"


def _at_network(one: Asked, public: Sequence[SeenPost]) -> Iterator[str]:
    name = one.post.texts[0]
    told = {part.post_id for part in one.story.parts if part.state == "published"}
    there = {entry.id for entry in public}
    if not told <= there:
        yield f"{name}: the product tells of {sorted(map(str, told))}, the network has {public}"
    if any(entry.account != one.account for entry in public):
        yield f"{name}: not on the account {one.account}"
    carries = public[:1] if one.post.kind in {"image", "video"} else ()
    for place, entry in enumerate(public):
        if entry.files != (place < len(carries)):
            yield f"{name}: {entry.files} files"
        if any(sha256 != one.sha256 for sha256 in entry.sha256):
            yield f"{name}: its file has other bytes"
    for before, entry in itertools.pairwise(public):
        if (entry.parent, entry.root) != (before.id, public[0].id):
            yield f"{name}: {entry.id} does not answer {before.id}"


def _in_ledger(story: Story, name: str) -> Iterator[str]:
    attempts = story.attempts
    if [one.position for one in attempts] != sorted(one.position for one in attempts):
        yield f"{name}: a part was begun before the one in front of it had ended"
    for part in story.parts:
        rows = [one for one in attempts if one.position == part.position]
        for problem in _of_attempts(part, rows):
            yield f"{name} part {part.position}: {problem}"


def _of_attempts(part: PartStory, rows: Sequence[Attempt]) -> Iterator[str]:
    outcomes = [one.outcome for one in rows]
    if None in outcomes or any(one.finished_at is None for one in rows):
        yield f"an attempt has no outcome: {outcomes}"
        return
    if any(not one.message and one.outcome not in WORDLESS for one in rows):
        yield f"an attempt has no words: {outcomes}"
    if part.state == "published":
        late = {one.late_outcome for one in rows}
        if not _is_done_once(outcomes, late):
            yield f"the outcomes are {outcomes}"
        elif not any(one.kind == "publish" and one.marked_at is not None for one in rows):
            yield "published without a mark"
    elif part.state == "unconfirmed":
        if not rows or DONE & set(outcomes):
            yield f"unconfirmed, and the outcomes are {outcomes}"
    elif any(one.marked_at is not None for one in rows):
        yield f"{part.state}, and it may have been sent"


def _is_done_once(outcomes: Sequence[str | None], late: Collection[str | None]) -> bool:
    counted = Counter(outcomes)
    done = sum(counted[outcome] for outcome in DONE)
    # A report that came late settles what had stayed unclear.
    if not done:
        return bool(DONE & set(late))
    return done == 1 and outcomes[-1] in DONE
