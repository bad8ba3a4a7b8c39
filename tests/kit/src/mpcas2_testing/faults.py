"""The ways in which a network or the way to it fails, and what an adapter must make of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import httpx

from mpcas2_hookspecs import (
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_sandbox import FaultRule

__all__ = ("CLIENT_FAULTS", "PUBLISH_FAULTS", "QUESTION_FAULTS", "ClientFault", "Fault")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault of the network, as a row of a table.

    Attributes:
        name: Names the row in a test's id, and the rule.
        rule: The fault rule, without its path.
        expects: The errors of which the adapter must raise one.
        posts: Posts on the network's side after a ``publish`` into this fault.
        retry_after: What a ``RateLimited`` must carry.
    """

    name: str
    rule: FaultRule
    expects: tuple[type[PlatformError], ...]
    posts: int = 0
    retry_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class ClientFault:
    """One fault of the way to the network, as the client tells it.

    Attributes:
        name: Names the row in a test's id, and the rule.
        fails: Makes the client's error.
        when: Before the request leaves, or after the network carried it out.
        expects: What ``publish`` must raise.
    """

    name: str
    fails: Callable[[httpx.Request], httpx.RequestError]
    when: Literal["before", "after"]
    expects: type[PlatformError]


def _status(status: int) -> FaultRule:
    return FaultRule(action="status", status=status)


_REFUSALS = (
    Fault(name="401", rule=_status(401), expects=(Unauthorized,)),
    # What a bare 403 means differs from network to network; that it is no passing fault does not.
    Fault(name="403", rule=_status(403), expects=(Rejected, Unauthorized, RateLimited)),
    Fault(
        name="429_with_retry_after",
        rule=FaultRule(action="status", status=429, headers={"Retry-After": "7"}),
        expects=(RateLimited,),
        retry_after=7.0,
    ),
    Fault(name="429", rule=_status(429), expects=(RateLimited,)),
)

PUBLISH_FAULTS = (
    *_REFUSALS,
    Fault(name="400", rule=_status(400), expects=(Rejected,)),
    Fault(name="500", rule=_status(500), expects=(OutcomeUnknown,)),
    Fault(name="503", rule=_status(503), expects=(OutcomeUnknown,)),
    Fault(
        name="500_after_the_effect",
        rule=FaultRule(action="status_after", status=500),
        expects=(OutcomeUnknown,),
        posts=1,
    ),
    Fault(name="malformed", rule=FaultRule(action="malformed"), expects=(OutcomeUnknown,), posts=1),
    Fault(name="truncated", rule=FaultRule(action="truncated"), expects=(OutcomeUnknown,), posts=1),
    Fault(name="cut_before", rule=FaultRule(action="cut_before"), expects=(OutcomeUnknown,)),
    Fault(name="cut_after", rule=FaultRule(action="cut_after"), expects=(OutcomeUnknown,), posts=1),
)
"""Faults of the one irreversible request."""

QUESTION_FAULTS = (
    *_REFUSALS,
    Fault(name="500", rule=_status(500), expects=(Unavailable,)),
    Fault(name="malformed", rule=FaultRule(action="malformed"), expects=(Unavailable,)),
    Fault(name="truncated", rule=FaultRule(action="truncated"), expects=(Unavailable,)),
    Fault(name="cut_before", rule=FaultRule(action="cut_before"), expects=(Unavailable,)),
)
"""Faults of a request that may be repeated: an upload, a look-up, the question of ``find``."""


def _raises(kind: type[httpx.RequestError]) -> Callable[[httpx.Request], httpx.RequestError]:
    return lambda request: kind("made by the test kit", request=request)


CLIENT_FAULTS = (
    ClientFault(
        name="connect_error",
        fails=_raises(httpx.ConnectError),
        when="before",
        expects=Unavailable,
    ),
    ClientFault(
        name="connect_timeout",
        fails=_raises(httpx.ConnectTimeout),
        when="before",
        expects=Unavailable,
    ),
    ClientFault(
        name="write_timeout",
        fails=_raises(httpx.WriteTimeout),
        when="before",
        expects=OutcomeUnknown,
    ),
    ClientFault(
        name="read_timeout_before_the_effect",
        fails=_raises(httpx.ReadTimeout),
        when="before",
        expects=OutcomeUnknown,
    ),
    ClientFault(
        name="timeout_after_body_is_unknown",
        fails=_raises(httpx.ReadTimeout),
        when="after",
        expects=OutcomeUnknown,
    ),
    ClientFault(
        name="read_error", fails=_raises(httpx.ReadError), when="after", expects=OutcomeUnknown
    ),
)
"""Errors of the client at the one irreversible request."""
