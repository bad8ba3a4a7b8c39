"""The daily quota of a client project, counted as YouTube counts it.

Uploads have a bucket of their own, one unit each; all other requests share another one. Both are
full again at midnight Pacific time. Source:
https://developers.google.com/youtube/v3/determine_quota_cost.
"""

import dataclasses
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from mpcas2_platform_youtube.sandbox.errors import quota_exceeded
from mpcas2_sandbox.clock import SandboxClock

_PACIFIC = ZoneInfo("America/Los_Angeles")
_DAILY_UPLOADS = 100
_DAILY_UNITS = 10_000


@dataclasses.dataclass
class QuotaLimits:
    """What a project may do in a day: ``videos.insert`` calls, and units for all the rest."""

    uploads: int = _DAILY_UPLOADS
    units: int = _DAILY_UNITS


@dataclasses.dataclass
class _Spent:
    day: date
    uploads: int = 0
    units: int = 0


class ProjectQuota(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one project has used today.

    Args:
        client_id: The OAuth client that stands for the project.
        uploads_used: Calls of ``videos.insert``, refused ones too.
        uploads_limit: How many there may be in a day.
        units_used: Units of all other requests, refused ones too.
        units_limit: How many there may be in a day.
        resets_at: The next midnight in Los Angeles.
    """

    client_id: str
    uploads_used: int
    uploads_limit: int
    units_used: int
    units_limit: int
    resets_at: datetime


class QuotaBook:
    """Counts per project and day of Los Angeles.

    Args:
        clock: The network's clock.
    """

    def __init__(self, clock: SandboxClock) -> None:
        self.limits = QuotaLimits()
        self._clock = clock
        self._spent: dict[str, _Spent] = {}

    def charge_upload(self, client_id: str) -> None:
        """Counts one ``videos.insert``.

        Raises:
            ApiError: The day's uploads are used up.
        """
        spent = self._today(client_id)
        if spent.uploads >= self.limits.uploads:
            raise quota_exceeded()
        spent.uploads += 1

    def charge(self, client_id: str, units: int) -> None:
        """Counts a request of any other method.

        Raises:
            ApiError: The day's units do not cover it.
        """
        spent = self._today(client_id)
        if spent.units + units > self.limits.units:
            raise quota_exceeded()
        spent.units += units

    def all(self) -> list[ProjectQuota]:
        """Returns what every project that has called so far has used today."""
        return [self._shown(client_id) for client_id in sorted(self._spent)]

    def _today(self, client_id: str) -> _Spent:
        day = self._clock.now().astimezone(_PACIFIC).date()
        spent = self._spent.get(client_id)
        if spent is None or spent.day != day:
            spent = self._spent[client_id] = _Spent(day)
        return spent

    def _shown(self, client_id: str) -> ProjectQuota:
        spent = self._today(client_id)
        midnight = datetime.combine(
            spent.day + timedelta(days=1), datetime.min.time(), tzinfo=_PACIFIC
        )
        return ProjectQuota(
            client_id=client_id,
            uploads_used=spent.uploads,
            uploads_limit=self.limits.uploads,
            units_used=spent.units,
            units_limit=self.limits.units,
            resets_at=midnight,
        )
