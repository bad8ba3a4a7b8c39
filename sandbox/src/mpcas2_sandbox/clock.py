"""The settable clock of a practice network."""

from datetime import UTC, datetime, timedelta


class SandboxClock:
    """A clock that runs as the machine's does, plus an offset that the control API moves."""

    def __init__(self) -> None:
        self.offset_seconds: float = 0.0

    def now(self) -> datetime:
        """Returns the practice network's present time in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_seconds)

    def advance(self, seconds: float) -> None:
        """Moves the clock by that many seconds; a negative number moves it back."""
        self.offset_seconds += seconds

    def reset(self) -> None:
        """Puts the clock back to the machine's time."""
        self.offset_seconds = 0.0


def timestamp(moment: datetime) -> str:
    """Writes a UTC moment in RFC 3339 with milliseconds and ``Z``, as most networks do."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
