"""What every ledger has to hold, whatever happened and whichever network it was."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mpcas2_core.publishing.story import Story

__all__ = ("unknowns_are_looked_for",)


def unknowns_are_looked_for(story: Story) -> Iterator[str]:
    """Tells which attempts have no outcome, and after which unknown one the network was not asked."""
    for part in story.parts:
        attempts = [one for one in story.attempts if one.position == part.position]
        for one, following in pairwise([*attempts, None]):
            if one is None:
                continue
            if one.outcome is None:
                yield f"an attempt of part {part.position} has no outcome"
            if (
                one.kind == "publish"
                and one.outcome in {"unreported", "unknown"}
                and (following is None or following.kind != "find")
            ):
                yield f"part {part.position}: an unknown outcome was not looked for"
