"""What a check came to: findings with advice, and the level that they leave."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from mpcas2_testing.rules import LEVELS, RULES

__all__ = ("Check", "Finding", "level_of")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that an adapter does not keep.

    Attributes:
        rule: Id of the rule.
        level: The level that cannot be had without it.
        happened: What was seen, in a sentence.
        advice: What to do.
        where: File and line, where that is known; empty otherwise.
    """

    rule: str
    level: str
    happened: str
    advice: str
    where: str = ""

    @classmethod
    def of(cls, rule: str, happened: str, where: str = "") -> Finding:
        """Makes the finding of a rule."""
        known = RULES[rule]
        return cls(
            rule=rule, level=known.level, happened=happened, advice=known.advice, where=where
        )


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What the check of a plugin came to.

    Attributes:
        plugin: Key of the plugin.
        distribution: Name and version of its distribution.
        level: The level that it has: bronze, silver, gold; empty for none.
        findings: What it does not keep, those of the lowest level first.
        kept: How many rules it keeps.
        capabilities: By protocol, whether it was tested or what its absence means.
    """

    plugin: str
    distribution: str
    level: str
    findings: tuple[Finding, ...]
    kept: int
    capabilities: dict[str, str]


def level_of(broken: Collection[str]) -> str:
    """Gives the highest level whose rules, and those of the levels below, are all kept.

    Args:
        broken: Ids of the rules that are not kept.
    """
    reached = ""
    for level in LEVELS:
        if any(RULES[id_].level == level for id_ in broken):
            break
        reached = level
    return reached
