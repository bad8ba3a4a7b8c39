"""The rows of quota windows, shared by all tenants because the networks count that way.

A subject is an account of a network, or an app: whichever tenant uses it, the network sees one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from mpcas2_core.database.pool import Connection
from mpcas2_hookspecs import QuotaReading, QuotaRule

__all__ = ("Subject", "charge", "free_again", "hold", "learn", "used_now", "window_end")


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
    "held_until = NULL "
    "WHERE (w.held_until IS NULL OR w.held_until <= now()) AND (w.resets_at <= now() "
    "OR w.used + excluded.used <= coalesce(w.told_limit, $4)) RETURNING used"
)


async def charge(
    connection: Connection, key: str, rule: QuotaRule, amount: int, now: datetime
) -> bool:
    """Counts a use.

    Args:
        connection: On ``public``.
        key: From :meth:`Subject.key`.
        rule: What is used.
        amount: How much.
        now: The time of the use.

    Returns:
        Whether there was enough; nothing was counted otherwise.
    """
    used = await connection.fetchval(
        CHARGE_SQL, key, rule.name, amount, rule.limit, window_end(rule, now)
    )
    return used is not None


async def free_again(connection: Connection, key: str, rule: QuotaRule) -> datetime | None:
    """Tells when a quota that is used up or held back starts anew; None when it just did."""
    at: datetime | None = await connection.fetchval(
        "SELECT greatest(held_until, CASE WHEN used >= coalesce(told_limit, $3) "
        "OR held_until IS NULL THEN resets_at END) FROM public.quota_windows "
        "WHERE subject = $1 AND name = $2",
        key,
        rule.name,
        rule.limit,
    )
    return at


async def used_now(
    connection: Connection, key: str, rule: QuotaRule
) -> tuple[int, datetime] | None:
    """Gives how much of the running window is used and when it ends; None between windows."""
    row = await connection.fetchrow(
        "SELECT used, resets_at FROM public.quota_windows "
        "WHERE subject = $1 AND name = $2 AND resets_at > now()",
        key,
        rule.name,
    )
    return (row["used"], row["resets_at"]) if row else None


async def learn(
    connection: Connection, readings: Sequence[tuple[str, QuotaRule, QuotaReading]], now: datetime
) -> None:
    """Writes down what answers told; it goes before our own count.

    Args:
        connection: On ``public``.
        readings: Subject's key, rule and reading; at most one of a key and name.
        now: When they were read.
    """
    await connection.execute(
        "/* mpcas2:quota-learn */ INSERT INTO public.quota_windows AS w "
        "(subject, name, used, told_limit, resets_at) "
        "SELECT r.subject, r.name, greatest(0, r.total - r.remaining), r.told, r.resets_at "
        "FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[], $6::timestamptz[]) "
        "AS r (subject, name, total, told, remaining, resets_at) ORDER BY r.subject, r.name "
        "ON CONFLICT (subject, name) DO UPDATE SET told_limit = excluded.told_limit, "
        # Answers of one window may come in any order: what is used never grows less.
        "used = CASE WHEN w.resets_at < excluded.resets_at - interval '2 s' THEN excluded.used "
        "ELSE greatest(w.used, excluded.used) END, "
        "resets_at = excluded.resets_at",
        [key for key, _, _ in readings],
        [rule.name for _, rule, _ in readings],
        [reading.limit or rule.limit for _, rule, reading in readings],
        [reading.limit for _, _, reading in readings],
        [reading.remaining for _, _, reading in readings],
        [reading.resets_at or window_end(rule, now) for _, rule, reading in readings],
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
