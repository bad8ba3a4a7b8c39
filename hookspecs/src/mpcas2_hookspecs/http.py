"""What a broken or unreadable HTTP answer means, the same for every network.

The one question that decides whether a post can go out twice is whether a request may have left. It is
answered here once, so that no adapter has to find out which faults of a client prove that it did not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from mpcas2_hookspecs.errors import OutcomeUnknown, PlatformError, Unavailable

if TYPE_CHECKING:
    # Adapters depend on httpx; the contract itself does not.
    import httpx

__all__ = ("evidence_of", "lost_connection", "retry_after", "unreadable")

LONGEST_QUOTE = 500
# No byte of a request leaves before a connection stands, and none of one that is no HTTP.
NEVER_SENT = frozenset(
    {
        "ConnectError",
        "ConnectTimeout",
        "PoolTimeout",
        "UnsupportedProtocol",
        "LocalProtocolError",
    }
)


def lost_connection(
    error: httpx.RequestError, network: str, *, irreversible: bool
) -> PlatformError:
    """Says what it means that a request got no answer.

    Args:
        error: What the client raised.
        network: The network's name for people.
        irreversible: True when the request, had it arrived, cannot be taken back.

    Returns:
        ``OutcomeUnknown`` for an irreversible request that may have left, else ``Unavailable``.
    """
    what = type(error).__name__
    # By name: the contract does not depend on httpx, whose errors these are.
    never_sent = NEVER_SENT.intersection(kind.__name__ for kind in type(error).__mro__)
    if irreversible and not never_sent:
        return OutcomeUnknown(f"The answer of {network} was lost ({what}).", code=what)
    return Unavailable(f"{network} cannot be reached now ({what}).", code=what)


def unreadable(response: httpx.Response, network: str, *, irreversible: bool) -> PlatformError:
    """Says what it means that a success has a body that cannot be read.

    Args:
        response: The answer, read.
        network: The network's name for people.
        irreversible: True when what the answer confirms cannot be taken back.
    """
    kind = OutcomeUnknown if irreversible else Unavailable
    return kind(f"The answer of {network} cannot be read.", answer=evidence_of(response))


def evidence_of(response: httpx.Response) -> dict[str, Any]:
    """Gives what the ledger keeps of an answer: its status and the beginning of its body.

    Args:
        response: The answer, read.
    """
    return {"status": response.status_code, "body": response.text[:LONGEST_QUOTE]}


def retry_after(headers: Mapping[str, str], now: datetime | None) -> float | None:
    """Reads ``Retry-After`` (RFC 9110, 10.2.3): seconds or a date.

    Args:
        headers: The answer's.
        now: Aware time; None when it is not known, for example where only an answer is at hand.

    Returns:
        Seconds to wait; None when the header is absent or neither of the two, or a date and ``now``
        is not known.
    """
    told = headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    if now is None:
        return None
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    # Dates of HTTP are in GMT, also those that carry no zone.
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
