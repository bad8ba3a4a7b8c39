"""Warns a person whose plan does not fit a network's quotas, while it can still be changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from mpcas2_core.database.scope import Scope
from mpcas2_core.plugins import PluginHost
from mpcas2_core.quotas.windows import Subject, window_end
from mpcas2_hookspecs import DeclaresQuotas, QuotaRule

__all__ = ("PlannedPost", "QuotaWarning", "warnings_for")


class PlannedPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post that was just planned.

    Attributes:
        account_id: The account that it is for.
        platform: Its network.
        at: When it goes out.
        unstored_parts: Parts of it that are not in the tables, because nothing is stored yet.
    """

    account_id: UUID
    platform: str
    at: datetime
    unstored_parts: int = 0


class QuotaWarning(msgspec.Struct, frozen=True, kw_only=True):
    """Why some of what is planned will go out later than planned.

    Attributes:
        account_id: The account that the post is for.
        quota: Name of the quota.
        message: For people.
    """

    account_id: UUID
    quota: str
    message: str


class _Window(msgspec.Struct, frozen=True, kw_only=True):
    post: PlannedPost
    rule: QuotaRule
    start: datetime
    end: datetime


# Posts of this tenant only: how much others have planned is none of its business. What is used of the
# running window is known for the subject as a whole.
COUNT_SQL = (
    "/* mpcas2:quota-plan */ SELECT w.n, (SELECT count(*) FROM publish_jobs j "
    "JOIN publish_parts p ON p.job_id = j.id WHERE j.scheduled_at >= w.starts "
    "AND j.scheduled_at < w.ends AND p.state = 'pending' AND p.role = 'post' "
    "AND j.state IN ('scheduled', 'retrying', 'processing') "
    "AND CASE WHEN w.per_account THEN j.social_account_id = w.account ELSE "
    "j.platform = w.platform END) AS planned, "
    "a.username, a.platform_account_id, g.client_id, "
    "q.used, q.told_limit FROM unnest($1::int[], $2::uuid[], $3::text[], $4::bool[], "
    "$5::timestamptz[], $6::timestamptz[], $7::text[], $8::bool[]) "
    "AS w (n, account, platform, per_account, starts, ends, quota, rolling) "
    "JOIN social_accounts a ON a.id = w.account LEFT JOIN grants g ON g.account_id = a.id "
    "LEFT JOIN public.quota_windows q ON q.name = w.quota AND q.resets_at > now() "
    # Of a window that began with a use, what counts is whether it still runs at the post's time.
    "AND CASE WHEN w.rolling THEN q.resets_at > w.ends "
    "ELSE q.resets_at BETWEEN w.starts AND w.ends + interval '1 s' END AND q.subject = "
    "CASE WHEN w.per_account THEN 'account:' || w.platform || ':' || a.platform_account_id "
    "ELSE 'app:' || w.platform || ':' || coalesce(g.client_id, '') END ORDER BY w.n"
)


async def warnings_for(
    scope: Scope, plugins: PluginHost, posts: Sequence[PlannedPost]
) -> list[QuotaWarning]:
    """Compares what is planned around some posts with the quotas of their networks.

    Args:
        scope: The tenant's scope.
        plugins: The networks.
        posts: What was just planned, all of it for one time.
    """
    # Posts of one request to accounts of one app ask the same question: it is asked once.
    asked: dict[tuple[str, str, datetime, UUID | None], _Window] = {}
    for post in posts:
        for rule in _rules(plugins, post.platform):
            own = post.account_id if rule.per == "account" else None
            if rule.per_part > 0:
                key = (post.platform, rule.name, post.at, own)
                asked.setdefault(key, _window(post, rule))
    windows = list(asked.values())
    if not windows:
        return []
    rows = await scope.fetch(
        COUNT_SQL,
        list(range(len(windows))),
        [one.post.account_id for one in windows],
        [one.post.platform for one in windows],
        [one.rule.per == "account" for one in windows],
        [one.start for one in windows],
        [one.end for one in windows],
        [one.rule.name for one in windows],
        [one.rule.resets_in is None for one in windows],
    )
    found: dict[tuple[str, str], QuotaWarning] = {}
    for row in rows:
        window = windows[row["n"]]
        subject = Subject(
            platform=window.post.platform,
            account=row["platform_account_id"],
            app=row["client_id"] or "",
        )
        own = window.rule.per == "account"
        unstored = sum(
            post.unstored_parts
            for post in posts
            if post.platform == window.post.platform
            and (not own or post.account_id == window.post.account_id)
        )
        title = plugins.platform(window.post.platform).title
        warning = _judged(window, row, title, unstored)
        if warning is not None:
            found.setdefault((subject.key(window.rule), window.rule.name), warning)
    return list(found.values())


def _rules(plugins: PluginHost, platform_key: str) -> Sequence[QuotaRule]:
    platform = plugins.platform(platform_key)
    return platform.quotas if isinstance(platform, DeclaresQuotas) else ()


def _window(post: PlannedPost, rule: QuotaRule) -> _Window:
    if rule.resets_in is None:
        # It begins with the first use, which nobody knows yet: the busiest one ends with this post.
        return _Window(
            post=post,
            rule=rule,
            start=post.at - timedelta(seconds=rule.window),
            end=post.at + timedelta(milliseconds=1),
        )
    zone = ZoneInfo(rule.resets_in)
    day = post.at.astimezone(zone).date()
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    return _Window(post=post, rule=rule, start=start, end=window_end(rule, post.at))


def _judged(window: _Window, row: Any, title: str, unstored: int) -> QuotaWarning | None:
    rule = window.rule
    limit = rule.limit if row["told_limit"] is None else row["told_limit"]
    used, planned = row["used"] or 0, (row["planned"] + unstored) * rule.per_part
    if used + planned <= limit:
        return None
    whose = f"@{row['username']}" if rule.per == "account" else "one app"
    spent = f", {used} are used already" if used else ""
    until = (
        f"until {window.end:%Y-%m-%d %H:%M} UTC"
        if rule.resets_in is not None
        else f"until there are some again, {rule.window // 60} minutes after the first"
    )
    return QuotaWarning(
        account_id=window.post.account_id,
        quota=rule.name,
        message=f"{title} allows {whose} {limit} {rule.title} in that time, and {planned} are planned"
        f"{spent}. The rest waits {until}. Spread them over more time if that is too late.",
    )
