"""Judges what a storm left behind: at the network, in the jobs, in the ledger and in the due index."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from tests.chaos.storm_plan import PlannedPost

from mpcas2_core.publishing.story import Attempt, Story

__all__ = ("Asked", "judge")

DONE = {"published", "found"}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A post of the plan, for whom it was asked, and what the product tells about it.

    Attributes:
        post: From the plan.
        did: The account's identifier at the network.
        story: Read after the storm.
    """

    post: PlannedPost
    did: str
    story: Story


def judge(
    asked: Sequence[Asked], network: Sequence[dict[str, Any]], *, edits: int, due: int
) -> tuple[str, ...]:
    """Lists everything that is not as it must be; nothing when each post is there once.

    Args:
        asked: Every post of the storm.
        network: Every post that the network has, as its control API lists them.
        edits: How many records the network saw changed.
        due: Rows left in the due index.
    """
    there: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in network:
        there[entry["record"]["text"]].append(entry)
    problems = [problem for one in asked for problem in _of_post(one, there)]
    expected = sum(len(one.post.texts) for one in asked)
    if len(network) != expected:
        problems.append(f"the network has {len(network)} posts, not {expected}")
    if edits:
        problems.append(f"{edits} posts were changed after they had been published")
    if due:
        problems.append(f"{due} rows are left in the due index")
    return tuple(problems)


def _of_post(one: Asked, there: defaultdict[str, list[dict[str, Any]]]) -> Iterator[str]:
    name = one.post.texts[0]
    parts = [there[text] for text in one.post.texts]
    if any(len(entries) != 1 for entries in parts):
        yield f"{name}: the network has its parts {[len(entries) for entries in parts]} times"
    else:
        yield from _at_network(one, [entry for (entry,) in parts])
    yield from _in_tables(one.story, name)
    yield from _in_ledger(one.story, name)


def _at_network(one: Asked, parts: Sequence[dict[str, Any]]) -> Iterator[str]:
    name = one.post.texts[0]
    told = [part.post_id for part in one.story.parts]
    if told != [entry["uri"] for entry in parts]:
        yield f"{name}: the product tells of {told}, the network has {parts}"
    if any(entry["did"] != one.did for entry in parts):
        yield f"{name}: not on the account {one.did}"
    pictures = len(parts[0]["record"].get("embed", {}).get("images", ()))
    if pictures != (one.post.kind == "image"):
        yield f"{name}: {pictures} pictures"
    root = {"uri": parts[0]["uri"], "cid": parts[0]["cid"]}
    for before, entry in itertools.pairwise(parts):
        parent = {"uri": before["uri"], "cid": before["cid"]}
        if entry["record"].get("reply") != {"root": root, "parent": parent}:
            yield f"{name}: {entry['uri']} does not answer {parent['uri']}"


def _in_tables(story: Story, name: str) -> Iterator[str]:
    job = story.job
    if job.state != "published":
        yield f"{name}: job {job.id} is {job.state}: {job.error_message}"
    if job.needs_attention or job.error_code or job.next_attempt_at:
        yield f"{name}: job {job.id} still asks for something"
    if any(part.state != "published" for part in story.parts):
        yield f"{name}: parts are {[part.state for part in story.parts]}"
    elif job.platform_post_id != story.parts[0].post_id:
        yield f"{name}: the job names {job.platform_post_id}"


def _in_ledger(story: Story, name: str) -> Iterator[str]:
    attempts = story.attempts
    if [one.position for one in attempts] != sorted(one.position for one in attempts):
        yield f"{name}: a part was begun before the one in front of it had ended"
    for part in story.parts:
        rows = [one for one in attempts if one.position == part.position]
        outcomes = [one.outcome for one in rows]
        if None in outcomes or any(one.finished_at is None for one in rows):
            yield f"{name} part {part.position}: an attempt has no outcome: {outcomes}"
        elif not rows or rows[-1].outcome not in DONE or _count_done(outcomes) != 1:
            yield f"{name} part {part.position}: the outcomes are {outcomes}"
        elif not any(_may_have_sent(one) for one in rows):
            yield f"{name} part {part.position}: published without a mark"


def _count_done(outcomes: Sequence[str | None]) -> int:
    counted = Counter(outcomes)
    return sum(counted[outcome] for outcome in DONE)


def _may_have_sent(attempt: Attempt) -> bool:
    return attempt.kind == "publish" and attempt.marked_at is not None
