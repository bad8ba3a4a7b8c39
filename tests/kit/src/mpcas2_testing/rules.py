"""The rules of the kit by their ids: what each asks, on which level it counts, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Literal, TypeVar

import msgspec

__all__ = ("LEVELS", "RULES", "Level", "Rule", "rule", "rule_of")

Level = Literal["bronze", "silver", "gold"]

LEVELS: tuple[Level, ...] = ("bronze", "silver", "gold")
"""The levels from the lowest to the highest; each needs those below it."""

T = TypeVar("T", bound=Callable[..., object])


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that an adapter must do or leave.

    Attributes:
        id: Stable name, such as ``publish.read_timeout``.
        level: The level that cannot be had without it.
        wants: What is asked, in one sentence.
        advice: What an author does when it fails, in one or two sentences.
    """

    id: str
    level: Level
    wants: str
    advice: str


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rules: tuple[Rule, ...]


def _read() -> dict[str, Rule]:
    content = files("mpcas2_testing").joinpath("rules.toml").read_bytes()
    return {one.id: one for one in msgspec.toml.decode(content, type=_Table).rules}


RULES = _read()
"""Every rule by its id, those of the lowest level first."""


def rule(id_: str) -> Callable[[T], T]:
    """Marks a test as the one that holds an adapter to a rule.

    Args:
        id_: The rule's id, or a prefix such as ``publish.*`` for a test whose parameter ``fault``
            names the rest.

    Raises:
        KeyError: There is no such rule.
    """
    prefix = id_.removesuffix("*")
    if id_ not in RULES and not (id_ != prefix and any(one.startswith(prefix) for one in RULES)):
        raise KeyError(f"There is no rule {id_!r}; add it to rules.toml.")

    def mark(test: T) -> T:
        test.__dict__["mpcas2_rule"] = id_
        return test

    return mark


def rule_of(test: Callable[..., object], fault: str | None) -> Rule | None:
    """Gives the rule that a test stands for; None for a test that is none of the kit's.

    Args:
        test: The test function.
        fault: Name of the row that it is run with, if it is.
    """
    id_ = getattr(test, "mpcas2_rule", None)
    if id_ is None:
        return None
    return RULES[id_.removesuffix("*") + fault if id_.endswith("*") and fault else id_]
