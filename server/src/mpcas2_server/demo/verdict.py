"""Compares what the product says it published with what the networks really have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from mpcas2_server.demo.sightings import Sighting

__all__ = ("Claim", "ClaimedPart", "Row", "Verdict", "judge")


class ClaimedPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a post as the product tells of it.

    Attributes:
        text: Its text, or its title where the network has titles.
        id: The id that the product has of it; None for a part that it never published.
        alts: Alternative texts of its files.
        digests: SHA-256 of its files.
        thumbnail: Whether a picture was chosen to stand for it.
        link: Where a person sees it; empty when the product has no address.
        opens: Whether that page opens.
    """

    text: str
    id: str | None
    alts: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    thumbnail: bool = False
    link: str = ""
    opens: bool = True


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One post as the product tells of it.

    Attributes:
        network: Key of the network.
        title: What to call it.
        story: What became of it, in a few words.
        state: Its state.
        parts: Its parts.
        marks: What has to be marked in its first part.
    """

    network: str
    title: str
    story: str
    state: str
    parts: tuple[ClaimedPart, ...]
    marks: frozenset[str] = frozenset()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """How often a post is on its network.

    Attributes:
        network: Key of the network.
        title: What to call it.
        story: What became of it, in a few words.
        link: Where a person sees it.
        counts: How often each of its parts is there.
    """

    network: str
    title: str
    story: str
    link: str
    counts: tuple[int, ...]

    @property
    def right(self) -> bool:
        """Whether every part is there once."""
        return all(count == 1 for count in self.counts)

    @property
    def shown(self) -> str:
        """The counts as they are shown."""
        return " + ".join(map(str, self.counts))


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the comparison found.

    Attributes:
        rows: One for each post.
        totals: Posts on each network, parts of threads counted singly.
        faults: What is wrong, in sentences; empty when all is right.
    """

    rows: tuple[Row, ...]
    totals: Mapping[str, int]
    faults: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether every post is there exactly once, as it should be."""
        return not self.faults

    @property
    def total(self) -> int:
        """Posts on all networks together."""
        return sum(self.totals.values())


def judge(claims: Sequence[Claim], seen: Mapping[str, Sequence[Sighting]]) -> Verdict:
    """Counts each claimed post on its network.

    Args:
        claims: The posts as the product tells of them; no two texts on a network are the same.
        seen: All posts of each network, by its key.
    """
    by_text: dict[tuple[str, str], list[Sighting]] = {}
    for one in (one for posts in seen.values() for one in posts):
        by_text.setdefault((one.network, one.text), []).append(one)
    rows: list[Row] = []
    faults: list[str] = []
    for claim in claims:
        found = [by_text.pop((claim.network, part.text), []) for part in claim.parts]
        counts = tuple(len(copies) for copies in found)
        rows.append(
            Row(
                network=claim.network,
                title=claim.title,
                story=claim.story,
                link=claim.parts[0].link,
                counts=counts,
            )
        )
        faults.extend(f"{claim.title}: {fault}" for fault in _faults(claim, found))
    faults += [
        f"Nobody sent this, and it is on {network} {len(copies)} times: {text!r}"
        for (network, text), copies in by_text.items()
    ]
    totals = {network: len(posts) for network, posts in seen.items()}
    return Verdict(rows=tuple(rows), totals=totals, faults=tuple(faults))


def _faults(claim: Claim, found: Sequence[Sequence[Sighting]]) -> list[str]:
    faults = [] if claim.state == "published" else [f"it ended as {claim.state}."]
    for index, (part, copies) in enumerate(zip(claim.parts, found, strict=True)):
        what = f"part {index + 1}" if len(found) > 1 else "it"
        if len(copies) != 1:
            faults.append(f"{what} is on the network {len(copies)} times, not once.")
        elif part.id != copies[0].id:
            faults.append(f"the product calls {what} {part.id}, the network {copies[0].id}.")
        else:
            faults += [f"{what} {fault}" for fault in _part_faults(part, copies[0])]
    if faults:
        return faults
    thread = [copies[0] for copies in found]
    return [*_thread_faults(thread), *_mark_faults(claim, thread[0])]


def _part_faults(part: ClaimedPart, one: Sighting) -> list[str]:
    faults = []
    if one.alts is not None and one.alts != part.alts:
        faults.append(f"has the alternative texts {list(one.alts)}, not {list(part.alts)}.")
    if one.digests is not None and one.digests != part.digests:
        faults.append("carries other bytes than those that were uploaded.")
    if one.thumbnail != part.thumbnail:
        faults.append("lacks its thumbnail." if part.thumbnail else "has a thumbnail.")
    if one.hidden:
        faults.append(f"cannot be seen: it is {one.hidden}.")
    if not part.link:
        faults.append("has no address.")
    elif not part.opens:
        faults.append(f"does not open: {part.link}")
    return faults


def _thread_faults(thread: Sequence[Sighting]) -> list[str]:
    first = thread[0]
    faults = ["it answers another post."] if first.parent is not None else []
    for index, (before, post) in enumerate(pairwise(thread), start=2):
        if post.parent != before.id or post.root != first.id:
            faults.append(f"part {index} does not answer part {index - 1}.")
    return faults


def _mark_faults(claim: Claim, first: Sighting) -> list[str]:
    if first.marks is None or first.marks == claim.marks:
        return []
    return [f"it has {sorted(first.marks)} marked, not {sorted(claim.marks)}."]
