"""When a post is to go out, as a client says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mpcas2_core.errors import InvalidInput

__all__ = ("check_schedule",)

# Clocks differ and requests take their time.
PAST_ALLOWED = timedelta(minutes=5)
FARTHEST = timedelta(days=5 * 366)


def check_schedule(at: datetime, field: str = "scheduleAt") -> datetime:
    """Gives the time in UTC.

    Args:
        at: As the client sent it.
        field: Its name in the request.

    Raises:
        InvalidInput: ``OFFSET_REQUIRED``, ``SCHEDULE_IN_PAST`` or ``SCHEDULE_TOO_FAR``.
    """
    details = {"field": field}
    if at.tzinfo is None:
        raise InvalidInput(
            f"{field} has no offset, so it could be any of 24 hours. Write it as "
            "2030-01-31T09:00:00+01:00, or with Z for UTC.",
            code="OFFSET_REQUIRED",
            details=details,
        )
    now = datetime.now(UTC)
    if at < now - PAST_ALLOWED:
        raise InvalidInput(
            f"{field} lies in the past; here it is {now:%Y-%m-%dT%H:%M:%SZ} now. Leave it out to "
            "publish at once.",
            code="SCHEDULE_IN_PAST",
            details=details,
        )
    if at > now + FARTHEST:
        raise InvalidInput(
            f"{field} lies more than five years ahead. Choose an earlier time.",
            code="SCHEDULE_TOO_FAR",
            details=details,
        )
    return at.astimezone(UTC)
