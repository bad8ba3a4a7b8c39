"""How much a network lets an account or an app do, as declared and as seen in its answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

__all__ = ("QuotaReading", "QuotaRule")


class QuotaRule(msgspec.Struct, frozen=True, kw_only=True):
    """One limit on how often something may be done.

    The engine counts what adapters spend, waits when nothing is left, and warns a person whose plan
    cannot fit.

    Attributes:
        name: Names the quota among the network's, for example ``"posts"``.
        title: What is counted, for people, in the plural: ``"uploads"``.
        per: Whether each account has its own, or all accounts of one app share it.
        limit: How much there is in one window.
        window: Length of the window in seconds.
        resets_in: IANA zone at whose midnight the quota starts anew; None for a window that begins
            with the first use. With a zone, ``window`` is a day.
        per_part: How much one part of a post spends, for plans; 0 when plans need not mind it.
    """

    name: str
    title: str
    per: Literal["account", "app"]
    limit: int
    window: int
    resets_in: str | None = None
    per_part: int = 1


class QuotaReading(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer told about a quota; the network knows better than any count of ours.

    Attributes:
        name: :attr:`QuotaRule.name`.
        remaining: How much is left.
        limit: How much there is in one window; None when the answer does not say.
        resets_at: When it starts anew (aware, UTC); None when the answer does not say.
    """

    name: str
    remaining: int
    limit: int | None = None
    resets_at: datetime | None = None
