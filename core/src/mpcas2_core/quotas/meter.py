"""Counts what one adapter call uses of its network's quotas, and keeps what the answers tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from mpcas2_core.database.pool import Database
from mpcas2_core.quotas import windows
from mpcas2_core.quotas.windows import Subject
from mpcas2_hookspecs import DeclaresQuotas, Platform, QuotaReading, QuotaRule, RateLimited

__all__ = ("Meter",)

log = structlog.get_logger(__name__)

DATABASE_FAULTS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
# The longest a used-up quota is waited for at a time; then it is looked at again.
LONGEST_HOLD = timedelta(days=1)


class Meter:
    """The quotas of one account at one network.

    Args:
        database: Where the windows are.
        platform: The network, with its declared quotas if it has any.
        subject: Whose quotas they are.
        share: How much of a quota that all accounts of an app share may be used up to; 1 for all.
    """

    def __init__(
        self, database: Database, platform: Platform, subject: Subject, *, share: float = 1.0
    ) -> None:
        self._share = share
        self._database = database
        self._title = platform.title
        self._subject = subject
        rules = platform.quotas if isinstance(platform, DeclaresQuotas) else ()
        self._rules: dict[str, QuotaRule] = {rule.name: rule for rule in rules}
        self._readings: dict[str, QuotaReading] = {}

    async def spend(self, quota: str, amount: int = 1) -> None:
        """Counts a use before the request that makes it.

        Raises:
            RateLimited: Not so much is left; nothing was counted.
            ValueError: The network declares no such quota.
        """
        rule = self._rule(quota)
        key = self._subject.key(rule)
        async with self._database.public() as connection:
            share = self._share if rule.per == "app" else 1.0
            now = datetime.now(UTC)
            if await windows.charge(connection, key, rule, amount, now, share=share):
                return
            kept = rule.limit - int(rule.limit * share)
            at = await windows.free_again(connection, key, rule, amount + kept)
        wait = 1.0 if at is None else max(1.0, (at - datetime.now(UTC)).total_seconds())
        when = "" if at is None else f" There is some again at {at:%Y-%m-%d %H:%M} UTC."
        whose = "this account" if rule.per == "account" else "this app"
        raise RateLimited(
            f"{self._title} allows {whose} {rule.limit} {rule.title} in a while, and they "
            f"are used up.{when} The post waits until then.",
            code="QUOTA_USED_UP",
            retry_after=wait,
        )

    def observe(self, reading: QuotaReading) -> None:
        """Takes what an answer told; :meth:`close` writes it down.

        Raises:
            ValueError: The network declares no such quota.
        """
        self._rule(reading.name)
        self._readings[reading.name] = reading

    async def refused(self, error: RateLimited) -> None:
        """Holds back what else would use a quota that the network says is used up."""
        rule = self._rules.get(error.quota or "")
        # What was refused by our own count is held back by it already.
        if rule is None or error.retry_after is None or error.code == "QUOTA_USED_UP":
            return
        wait = min(timedelta(seconds=max(0.0, error.retry_after)), LONGEST_HOLD)
        until = datetime.now(UTC) + wait
        try:
            async with self._database.public() as connection:
                await windows.hold(connection, self._subject.key(rule), rule, until)
        except DATABASE_FAULTS as fault:
            # That nothing was posted is known and must be kept; the others are refused themselves.
            log.warning("quota_not_held", detail=type(fault).__name__)
            return
        log.info("quota_held", platform=self._subject.platform, quota=rule.name, until=str(until))

    async def close(self) -> None:
        """Writes down what the answers told, where less than half is left: before, it changes nothing.

        A fault of the database is logged and not raised: the next answer tells it again.
        """
        told = [(self._rules[name], reading) for name, reading in self._readings.items()]
        readings = [
            (self._subject.key(rule), rule, reading)
            for rule, reading in told
            if reading.remaining * 2 < (reading.limit or rule.limit)
        ]
        self._readings.clear()
        if not readings:
            return
        try:
            async with self._database.public() as connection:
                for key, rule, reading in readings:
                    await windows.learn(connection, key, rule, reading, datetime.now(UTC))
        except DATABASE_FAULTS as error:
            log.warning("quota_not_learned", detail=type(error).__name__)

    def _rule(self, name: str) -> QuotaRule:
        if name not in self._rules:
            known = ", ".join(sorted(self._rules)) or "none"
            raise ValueError(f"{self._title} declares no quota {name!r}; it declares: {known}.")
        return self._rules[name]
