"""The ways in which a practice network fails, and what an adapter must make of each."""

from __future__ import annotations

from dataclasses import dataclass

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_sandbox import FaultRule

__all__ = ("PUBLISH_FAULTS", "QUESTION_FAULTS", "Fault")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of the network, as a row of a table.

    Attributes:
        name: Names the row in a test's id.
        rule: The fault rule, without its path.
        expects: The error that the adapter must raise.
        posts: Posts on the network's side after a ``publish`` into this fault.
        retry_after: What a ``RateLimited`` must carry.
    """

    name: str
    rule: FaultRule
    expects: type[PlatformError]
    posts: int = 0
    retry_after: float | None = None


_REFUSALS = (
    Fault(name="401", rule=FaultRule(action="status", status=401), expects=Unauthorized),
    Fault(
        name="429-with-retry-after",
        rule=FaultRule(action="status", status=429, headers={"Retry-After": "7"}),
        expects=RateLimited,
        retry_after=7.0,
    ),
    Fault(name="429", rule=FaultRule(action="status", status=429), expects=RateLimited),
)

PUBLISH_FAULTS = (
    *_REFUSALS,
    Fault(name="400", rule=FaultRule(action="status", status=400), expects=Rejected),
    Fault(name="500", rule=FaultRule(action="status", status=500), expects=OutcomeUnknown),
    Fault(name="503", rule=FaultRule(action="status", status=503), expects=OutcomeUnknown),
    Fault(
        name="500-after",
        rule=FaultRule(action="status_after", status=500),
        expects=OutcomeUnknown,
        posts=1,
    ),
    Fault(name="malformed", rule=FaultRule(action="malformed"), expects=OutcomeUnknown, posts=1),
    Fault(name="truncated", rule=FaultRule(action="truncated"), expects=OutcomeUnknown, posts=1),
    Fault(name="cut-before", rule=FaultRule(action="cut_before"), expects=OutcomeUnknown),
    Fault(name="cut-after", rule=FaultRule(action="cut_after"), expects=OutcomeUnknown, posts=1),
)
"""Faults of the one irreversible request."""

QUESTION_FAULTS = (
    *_REFUSALS,
    Fault(name="500", rule=FaultRule(action="status", status=500), expects=Unavailable),
    Fault(name="malformed", rule=FaultRule(action="malformed"), expects=Unavailable),
    Fault(name="truncated", rule=FaultRule(action="truncated"), expects=Unavailable),
    Fault(name="cut-before", rule=FaultRule(action="cut_before"), expects=Unavailable),
)
"""Faults of a request that may be repeated: an upload, a look-up, the question of ``find``."""
