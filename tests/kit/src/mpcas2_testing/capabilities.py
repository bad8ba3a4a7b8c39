"""The capabilities of the contract, and what the kit says about those that an adapter has not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import pytest

import mpcas2_hookspecs
from mpcas2_hookspecs import (
    ChecksPost,
    CollectsAccountMetrics,
    CollectsMetrics,
    ConnectsOAuth,
    ConnectsWithForm,
    CountsText,
    DeclaresQuotas,
    DeletesPosts,
    ListsComments,
    ListsTargets,
    MarksText,
    Platform,
    PollsPublish,
    ReadsProfile,
    ReceivesWebhooks,
    RefreshesGrant,
    RegistersApp,
)

__all__ = ("ABSENT", "capabilities_of", "exported_capabilities", "needs")

T = TypeVar("T", bound=Callable[..., None])

ABSENT: dict[type, str] = {
    ConnectsWithForm: "Accounts are not connected with a form.",
    ConnectsOAuth: "The network has no consent page.",
    RegistersApp: "Apps are not registered on the spot.",
    RefreshesGrant: "The network's grants do not end.",
    ReadsProfile: "What an account may do does not change while a post is written.",
    PollsPublish: "The network decides at once.",
    ChecksPost: "The limits say all that there is to check.",
    CountsText: "Text is counted in a usual unit.",
    MarksText: "The network makes nothing of parts of a text.",
    DeclaresQuotas: "No quota of the network is known.",
    ListsTargets: "An account has no places inside.",
    DeletesPosts: "The network takes no posts down.",
    CollectsMetrics: "The network tells no figures of posts.",
    CollectsAccountMetrics: "The network tells no figures of accounts.",
    ListsComments: "The network lists no comments.",
    ReceivesWebhooks: "The network sends no events.",
}
"""Every capability that the kit has rules for, and what it means that an adapter has it not."""


def exported_capabilities() -> set[type]:
    """Gives all protocols of the contract that are found by ``isinstance``, but for ``Platform``."""
    exported = (getattr(mpcas2_hookspecs, name) for name in mpcas2_hookspecs.__all__)
    return {
        one
        for one in exported
        if isinstance(one, type) and getattr(one, "_is_runtime_protocol", False)
    } - {Platform}


def capabilities_of(platform: Platform) -> dict[str, str]:
    """Tells for each capability whether it is tested, or what its absence means."""
    return {
        one.__name__: "tested" if isinstance(platform, one) else sentence
        for one, sentence in ABSENT.items()
    }


def needs(*protocols: type) -> Callable[[T], T]:
    """Skips a test of a suite, with the sentence for it, where the adapter lacks a capability."""

    def decorate(test: T) -> T:
        @wraps(test)
        def checked(self: object, bench: Any, *args: Any, **more: Any) -> None:
            for one in protocols:
                if not isinstance(bench.platform, one):
                    pytest.skip(ABSENT[one])
            test(self, bench, *args, **more)

        return checked  # type: ignore[return-value]  # wraps keeps the signature

    return decorate
