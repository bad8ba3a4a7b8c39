"""A client of the control API for tests and harnesses, on the standard library alone."""

import http.client
import json
import time
import urllib.parse
from typing import Any

import msgspec

from mpcas2_sandbox.faults import FaultRule, FaultStatus
from mpcas2_sandbox.holds import HeldRequest, Release
from mpcas2_sandbox.request_log import LoggedRequest

_POLL_SECONDS = 0.01


class ControlError(RuntimeError):
    """The control API refused an order; the message carries its reason."""


class Control:
    """Moves a practice network from another process; every call blocks until it is answered.

    Args:
        url: The control API's address, as the process prints it: ``http://…/_sandbox``.
        timeout: Seconds to wait for one answer.
    """

    def __init__(self, url: str, *, timeout: float = 30.0) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or parts.hostname is None:
            raise ValueError(f"a control address looks like http://host:port/_sandbox, not {url!r}")
        self.url = url
        self._host = parts.hostname
        self._port = parts.port or 80
        self._prefix = parts.path.rstrip("/")
        self._timeout = timeout

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Calls one control route, the network's own ones included, and returns its JSON.

        Args:
            method: The HTTP method.
            path: The path below ``/_sandbox/``, with its query if there is one.
            body: What is sent as JSON; None sends no body.

        Raises:
            ControlError: The order was refused.
            OSError: The process does not answer.
        """
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            data = None if body is None else msgspec.json.encode(body)
            headers = {} if data is None else {"Content-Type": "application/json"}
            connection.request(method, f"{self._prefix}/{path}", data, headers)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise ControlError(f"{method} {path}: {answer.status} {raw.decode(errors='replace')}")
        return json.loads(raw)

    def reset(self) -> None:
        """Starts the network over: fresh state, no faults, empty log, right clock."""
        self.call("POST", "reset")

    def requests(self, *, after: int = 0) -> list[LoggedRequest]:
        """Returns the logged requests whose number is greater than ``after``."""
        answer = self.call("GET", f"requests?after={after}")
        return msgspec.convert(answer["requests"], list[LoggedRequest])

    def advance_clock(self, seconds: float) -> None:
        """Moves the network's clock by that many seconds."""
        self.call("POST", "clock", {"advanceSeconds": seconds})

    def add_fault(self, rule: FaultRule) -> FaultStatus:
        """Adds a fault rule and returns it with its number."""
        return msgspec.convert(self.call("POST", "faults", rule), FaultStatus)

    def faults(self) -> list[FaultStatus]:
        """Returns the rules with what they did so far."""
        return msgspec.convert(self.call("GET", "faults")["faults"], list[FaultStatus])

    def clear_faults(self) -> None:
        """Takes every fault rule away."""
        self.call("DELETE", "faults")

    def held(self) -> list[HeldRequest]:
        """Returns the requests that wait for a release."""
        return msgspec.convert(self.call("GET", "held")["held"], list[HeldRequest])

    def wait_held(
        self, *, count: int = 1, seconds: float = 30.0, client_gone: bool = False
    ) -> list[HeldRequest]:
        """Waits until that many requests are held and returns them.

        Args:
            count: How many at least.
            seconds: How long to wait for them.
            client_gone: Count only those whose client has gone.

        Raises:
            TimeoutError: They did not come in time.
        """
        deadline = time.monotonic() + seconds
        while True:
            held = [one for one in self.held() if one.client_gone or not client_gone]
            if len(held) >= count:
                return held
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(held)} of {count} requests are held after {seconds} s")
            time.sleep(_POLL_SECONDS)

    def release(self, held_id: int, how: Release = "continue") -> None:
        """Lets one held request go on, or cuts it."""
        self.call("POST", f"held/{held_id}/release", {"action": how})

    def release_all(self, how: Release = "continue") -> int:
        """Releases every held request and returns how many there were."""
        released: int = self.call("POST", "held/release-all", {"action": how})["released"]
        return released
