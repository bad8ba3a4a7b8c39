"""The rows of quota windows, shared by all tenants because the networks count that way.

A subject is an account of a network, or an app: whichever tenant uses it, the network sees one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from mpcas2_core.database.pool import Connection
from mpcas2_hookspecs import QuotaReading, QuotaRule

__all__ = ("Subject", "charge", "free_again", "hold", "learn", "window_end")


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Whose quota it is.

    Attributes:
        platform: The network.
        account: The network's own id of the account.
        app: Client id of the app; empty for accounts that were connected with a form.
    """

    platform: str
    account: str
    app: str = ""

    def key(self, rule: QuotaRule) -> str:
        """Names the row that counts a rule for this subject."""
        if rule.per == "account":
            return f"account:{self.platform}:{self.account}"
        return f"app:{self.platform}:{self.app}"


def window_end(rule: QuotaRule, start: datetime) -> datetime:
    """Tells when a window ends that a use at this time belongs to or begins.

    Args:
        rule: The rule.
        start: The time of the use, aware.

    Returns:
        The next midnight in the rule's zone, in UTC; else the start and the window's length.
    """
    if rule.resets_in is None:
        return start + timedelta(seconds=rule.window)
    zone = ZoneInfo(rule.resets_in)
    next_day = start.astimezone(zone).date() + timedelta(days=1)
    # From the calendar, not by 24 hours: the day of a change of clocks has 23 or 25.
    return datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone).astimezone(UTC)


CHARGE_SQL = (
    "/* mpcas2:quota-charge */ INSERT INTO public.quota_windows AS w "
    "(subject, name, used, resets_at) SELECT $1, $2, $3, $5 WHERE $3 <= $4::int "
    "ON CONFLICT (subject, name) DO UPDATE SET "
    "used = CASE WHEN w.resets_at <= now() THEN excluded.used ELSE w.used + excluded.used END, "
    "resets_at = CASE WHEN w.resets_at <= now() THEN excluded.resets_at ELSE w.resets_at END, "
    "reset_told = w.reset_told AND w.resets_at > now(), held_until = NULL "
    "WHERE (w.held_until IS NULL OR w.held_until <= now()) AND (w.resets_at <= now() "
    "OR w.used + excluded.used <= coalesce(w.told_limit, $4) * $6::float8) RETURNING used"
)


async def charge(
    connection: Connection,
    key: str,
    rule: QuotaRule,
    amount: int,
    now: datetime,
    *,
    share: float = 1.0,
) -> bool:
    """Counts a use.

    Args:
        connection: On ``public``.
        key: From :meth:`Subject.key`.
        rule: What is used.
        amount: How much.
        now: The time of the use.
        share: Up to which part of the limit it may be used.

    Returns:
        Whether there was enough; nothing was counted otherwise.
    """
    used = await connection.fetchval(
        CHARGE_SQL, key, rule.name, amount, rule.limit, window_end(rule, now), share
    )
    return used is not None


async def free_again(
    connection: Connection, key: str, rule: QuotaRule, amount: int
) -> datetime | None:
    """Tells when there is so much again of a quota that refused; None when there just is."""
    at: datetime | None = await connection.fetchval(
        "SELECT greatest(CASE WHEN held_until > now() THEN held_until END, "
        "CASE WHEN resets_at > now() AND used + $4 > coalesce(told_limit, $3) THEN resets_at END) "
        "FROM public.quota_windows WHERE subject = $1 AND name = $2",
        key,
        rule.name,
        rule.limit,
        amount,
    )
    return at


# A told end goes before a reckoned one. Answers may come in any order: an older one of the same window
# gives nothing back, and one of a window that is over says nothing. An answer that tells no end leaves the
# running window its end.
_FRESH = (
    "w.resets_at <= now() OR ($6 AND (NOT w.reset_told "
    "OR w.resets_at < excluded.resets_at - interval '2 s'))"
)
LEARN_SQL = (
    "/* mpcas2:quota-learn */ INSERT INTO public.quota_windows AS w "
    "(subject, name, used, told_limit, resets_at, reset_told) VALUES ($1, $2, $3, $4, $5, $6) "
    "ON CONFLICT (subject, name) DO UPDATE SET "
    "told_limit = coalesce(excluded.told_limit, w.told_limit), "
    f"used = CASE WHEN {_FRESH} THEN excluded.used "
    "WHEN $6 AND excluded.resets_at < w.resets_at - interval '2 s' THEN w.used "
    "ELSE greatest(w.used, excluded.used) END, "
    f"resets_at = CASE WHEN {_FRESH} THEN excluded.resets_at "
    "WHEN $6 THEN greatest(w.resets_at, excluded.resets_at) ELSE w.resets_at END, "
    f"reset_told = CASE WHEN {_FRESH} THEN excluded.reset_told ELSE w.reset_told END"
)


async def learn(
    connection: Connection, key: str, rule: QuotaRule, reading: QuotaReading, now: datetime
) -> None:
    """Writes down what an answer told; it goes before our own count.

    Args:
        connection: On ``public``.
        key: From :meth:`Subject.key`.
        rule: The rule.
        reading: What the answer told.
        now: When it was read.
    """
    await connection.execute(
        LEARN_SQL,
        key,
        rule.name,
        max(0, (reading.limit or rule.limit) - reading.remaining),
        reading.limit,
        reading.resets_at or window_end(rule, now),
        reading.resets_at is not None,
    )


async def hold(connection: Connection, key: str, rule: QuotaRule, until: datetime) -> None:
    """Holds back what would use a quota, because the network refused."""
    await connection.execute(
        "/* mpcas2:quota-hold */ INSERT INTO public.quota_windows AS w "
        "(subject, name, used, resets_at, held_until) VALUES ($1, $2, 0, $3, $3) "
        "ON CONFLICT (subject, name) DO UPDATE SET "
        "held_until = greatest(w.held_until, excluded.held_until)",
        key,
        rule.name,
        until,
    )
