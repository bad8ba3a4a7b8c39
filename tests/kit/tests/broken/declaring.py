"""Adapters that declare wrongly, or do more at import than to declare."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import msgspec

from mpcas2_hookspecs import (
    Absent,
    Account,
    FindResult,
    Limits,
    Staged,
    TextRule,
)
from mpcas2_testing.capability_rules import CapabilityRules
from mpcas2_testing.declaration import DeclarationRules

from .base import Broken


class FindsWithoutAContext(Broken):
    mixin = DeclarationRules
    breaks = frozenset(("declaration.signatures",))

    def find(  # type: ignore[override]  # the wrong signature is the fault
        self, staged: Staged
    ) -> FindResult:
        return Absent(proof=str(staged))


class HasAnotherTitle(Broken):
    title = "Letterbox"
    mixin = DeclarationRules
    breaks = frozenset(("declaration.names",))


class TakesNoText(Broken):
    mixin = DeclarationRules
    breaks = frozenset(("declaration.limits",))

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - as the protocol has it
        return Limits(text=TextRule(max_length=0))


class OpenOptions(msgspec.Struct, frozen=True):
    pinned: bool = False


class HasOpenOptions(Broken):
    options = OpenOptions
    mixin = DeclarationRules
    breaks = frozenset(("declaration.options",))


class ConnectsAtImport(Broken):
    """Its package, which the tests install, connects; see ``conftest.py``."""

    key = "hasty"
    title = "Hasty"
    plugin = "hasty"
    practice = "postbox"
    mixin = DeclarationRules
    breaks = frozenset(("import.no_network",))


@runtime_checkable
class Dances(Protocol):
    def dance(self) -> str: ...


class CanWhatTheKitDoesNotKnow(Broken):
    mixin = CapabilityRules
    breaks = frozenset(("declaration.capabilities",))
    exports = (Dances,)

    def dance(self) -> str:
        return "a waltz"
