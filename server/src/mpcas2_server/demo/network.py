"""A practice network as the demonstration sees it: its people, its faults, its posts."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from mpcas2_server.cli.failures import CliError
from mpcas2_server.demo.posts import BLUESKY, YOUTUBE, X

__all__ = ("SLOW_SECONDS", "PracticeNetwork")

SLOW_SECONDS = 3
"""How long the networks with films process one."""


class _Send(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests make a post, and which header tells when to come back."""

    method: str
    path: str
    reset_header: str = ""


_SENDS = {
    X: _Send(method="POST", path="^/2/tweets$", reset_header="x-rate-limit-reset"),
    BLUESKY: _Send(method="POST", path=r"repo\.putRecord$", reset_header="ratelimit-reset"),
    YOUTUBE: _Send(method="PUT", path="^/upload/"),
}
_SLOWNESS = {X: "/settings", YOUTUBE: "/processing"}
_TOO_MANY = 429


class PracticeNetwork:
    """A client of a practice network's control API.

    Args:
        key: Key of the network.
        url: Where it plays the network.
        control: Where it takes orders.
    """

    def __init__(self, key: str, url: str, control: str) -> None:
        self.key = key
        self.url = url
        self._control = control
        # A proxy for the world outside must not be asked for this machine's own server.
        self._http = httpx.Client(timeout=10.0, trust_env=False)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def accounts(self) -> list[dict[str, Any]]:
        """Gives the practice accounts that a post can go out with."""
        accounts: list[dict[str, Any]] = self._call("GET", "/accounts")["accounts"]
        # Where people have channels, one of them makes the account; more would be a choice.
        return [one for one in accounts if len(one.get("channels", [one])) == 1]

    def consent(self, address: str, handle: str) -> str:
        """Does on the consent page what a person would, and gives the page behind it.

        Args:
            address: The address of the consent page, as the product gave it.
            handle: Who consents.
        """
        order = {"url": address, "account": handle}
        location: str = self._call("POST", "/oauth/consent", order)["location"]
        return location

    def opens(self, address: str) -> bool:
        """Tells whether a public page opens."""
        try:
            return self._http.get(address).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def be_slow(self) -> None:
        """Lets films take their time from now on."""
        self._call("POST", _SLOWNESS[self.key], {"processingSeconds": SLOW_SECONDS})

    def break_next_send(self, action: str, *, after: int = 0) -> None:
        """Lets a post meet a fault, once.

        Args:
            action: ``cut_after`` loses the answer, ``hold_before`` keeps the request on its way.
            after: How many sends pass before.
        """
        self._break(action, after=after)

    def throttle_next_send(self, seconds: int, *, after: int = 0) -> None:
        """Answers one send with "too many requests".

        Args:
            seconds: When to come back, counted from now.
            after: How many sends pass before.
        """
        back = datetime.now(UTC) + timedelta(seconds=seconds)
        reset = str(math.ceil(back.timestamp()))
        told = {"title": "Too Many Requests", "detail": "Too Many Requests", "status": _TOO_MANY}
        headers = {_SENDS[self.key].reset_header: reset}
        if self.key == X:
            headers |= {"x-rate-limit-limit": "100", "x-rate-limit-remaining": "0"}
        self._break("status", after=after, status=_TOO_MANY, body=told, headers=headers)

    def struck(self, action: str) -> datetime | None:
        """Gives the time of the request that met a fault; None before."""
        for one in self._call("GET", "/requests")["requests"]:
            if one["fault"] == action:
                return datetime.fromisoformat(one["at"])
        return None

    def latest_upload(self) -> tuple[int, int]:
        """Gives how many bytes of the latest upload have arrived, and how many there are."""
        upload = self._call("GET", "/uploads")[-1]
        _first, last = upload["received"][-1]
        return last + 1, upload["total"]

    def held(self, *, client_gone: bool = False) -> int | None:
        """Gives the number of a request that is kept on its way.

        Args:
            client_gone: Only one whose sender is dead.
        """
        for one in self._call("GET", "/held")["held"]:
            if one["clientGone"] or not client_gone:
                number: int = one["id"]
                return number
        return None

    def release(self, number: int) -> None:
        """Lets a held request arrive."""
        self._call("POST", f"/held/{number}/release", {"action": "continue"})

    def posts(self) -> list[dict[str, Any]]:
        """Gives every post that the network has, whoever sent it."""
        posts: list[dict[str, Any]] = self._call("GET", "/posts")["posts"]
        return posts

    def _break(self, action: str, **more: Any) -> None:
        send = _SENDS[self.key]
        rule = {"action": action, "method": send.method, "path": send.path, "times": 1}
        self._call("POST", "/faults", {**rule, **more})

    def _call(self, method: str, path: str, body: object = None) -> Any:
        try:
            answer = self._http.request(method, f"{self._control}{path}", json=body)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise CliError(
                f"The practice network {self.key!r} did not answer {method} {path} ({error}).",
                code="DEMO_FAILED",
            ) from error
        return answer.json()
