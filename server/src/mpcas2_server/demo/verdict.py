"""Compares what the product says it published with what the network really has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

__all__ = ("Claim", "Row", "Verdict", "judge")

_FACET = "app.bsky.richtext.facet#"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One post as the product tells of it.

    Attributes:
        title: What to call it.
        story: What became of it, in a few words.
        state: Its state.
        texts: The text of each part.
        uris: The address that the product has of each part; None for a part that it never published.
        alt: Alternative text of its picture.
        facets: What has to be marked in its first part.
    """

    title: str
    story: str
    state: str
    texts: tuple[str, ...]
    uris: tuple[str | None, ...]
    alt: str | None = None
    facets: frozenset[str] = frozenset()


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """How often a post is on the network.

    Attributes:
        title: What to call it.
        story: What became of it, in a few words.
        counts: How often each of its parts is there.
    """

    title: str
    story: str
    counts: tuple[int, ...]

    @property
    def right(self) -> bool:
        """Whether every part is there once."""
        return all(count == 1 for count in self.counts)

    @property
    def shown(self) -> str:
        """The count as the table shows it."""
        if len(self.counts) == 1:
            return str(self.counts[0])
        return " + ".join(map(str, self.counts))


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the comparison found.

    Attributes:
        rows: One for each post.
        total: Posts on the network, parts of threads counted singly.
        faults: What is wrong, in sentences; empty when all is right.
    """

    rows: tuple[Row, ...]
    total: int
    faults: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether every post is there exactly once, as it should be."""
        return not self.faults


def judge(claims: Sequence[Claim], posts: Sequence[Mapping[str, Any]]) -> Verdict:
    """Counts each claimed post on the network.

    Args:
        claims: The posts as the product tells of them; no two texts are the same.
        posts: All posts of the network, as its control API lists them.
    """
    by_text: dict[str, list[Mapping[str, Any]]] = {}
    for post in posts:
        by_text.setdefault(post["record"]["text"], []).append(post)
    rows: list[Row] = []
    faults: list[str] = []
    for claim in claims:
        found = [by_text.pop(text, []) for text in claim.texts]
        counts = tuple(len(copies) for copies in found)
        rows.append(Row(title=claim.title, story=claim.story, counts=counts))
        faults.extend(f"{claim.title}: {fault}" for fault in _faults(claim, found))
    faults += [
        f"Nobody sent this, and it is on the network {len(copies)} times: {text!r}"
        for text, copies in by_text.items()
    ]
    return Verdict(rows=tuple(rows), total=len(posts), faults=tuple(faults))


def _faults(claim: Claim, found: Sequence[Sequence[Mapping[str, Any]]]) -> list[str]:
    faults = []
    if claim.state != "published":
        faults.append(f"it ended as {claim.state}.")
    several = len(found) > 1
    for index, copies in enumerate(found):
        what = f"part {index + 1}" if several else "it"
        if len(copies) != 1:
            faults.append(f"{what} is on the network {len(copies)} times, not once.")
        elif claim.uris[index] != copies[0]["uri"]:
            faults.append(
                f"the product calls {what} {claim.uris[index]}, the network {copies[0]['uri']}."
            )
    if faults:
        return faults
    records = [copies[0]["record"] for copies in found]
    return [
        *_thread_faults([copies[0] for copies in found]),
        *_picture_faults(claim, records[0]),
        *_facet_faults(claim, records[0]),
    ]


def _thread_faults(thread: Sequence[Mapping[str, Any]]) -> list[str]:
    root = thread[0]["uri"]
    return [
        f"part {index} does not answer part {index - 1}."
        for index, (before, post) in enumerate(pairwise(thread), start=2)
        if _reply(post, "parent") != before["uri"] or _reply(post, "root") != root
    ]


def _reply(post: Mapping[str, Any], which: str) -> Any:
    return post["record"].get("reply", {}).get(which, {}).get("uri")


def _picture_faults(claim: Claim, record: Mapping[str, Any]) -> list[str]:
    alts = [image.get("alt") for image in record.get("embed", {}).get("images", [])]
    wanted = [claim.alt] if claim.alt else []
    if alts == wanted:
        return []
    return [f"its pictures have the alternative texts {alts}, not {wanted}."]


def _facet_faults(claim: Claim, record: Mapping[str, Any]) -> list[str]:
    marked = {
        feature["$type"].removeprefix(_FACET)
        for facet in record.get("facets", [])
        for feature in facet["features"]
    }
    if marked == claim.facets:
        return []
    return [f"it has {sorted(marked)} marked, not {sorted(claim.facets)}."]
