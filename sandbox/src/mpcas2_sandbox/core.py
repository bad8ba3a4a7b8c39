"""What every practice network shares within one process."""

from collections.abc import Callable

from mpcas2_sandbox.clock import SandboxClock
from mpcas2_sandbox.faults import FaultBook
from mpcas2_sandbox.holds import HoldingRoom
from mpcas2_sandbox.request_log import RequestLog


class SandboxCore:
    """Clock, fault rules, held requests and request log of one practice network.

    Attributes:
        clock: The network's time; tokens expire by it.
        faults: The rules that the control API adds.
        holds: The requests that wait for a release.
        log: Every request outside the control API.
    """

    def __init__(self) -> None:
        self.clock = SandboxClock()
        self.faults = FaultBook()
        self.holds = HoldingRoom()
        self.log = RequestLog()
        self._at_reset: list[Callable[[], None]] = []

    def at_reset(self, end: Callable[[], None]) -> None:
        """Has something called once, at the next reset: what works in the background ends there."""
        self._at_reset.append(end)

    def reset(self) -> None:
        """Forgets faults and requests, sets the clock right and cuts what is held."""
        ending, self._at_reset = self._at_reset, []
        for end in ending:
            end()
        self.faults.clear()
        self.holds.release_all("cut")
        self.clock.reset()
        self.log.clear()
