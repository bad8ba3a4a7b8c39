"""The practice network as the demonstration sees it: its faults, its held requests, its posts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from mpcas2_server.cli.failures import CliError

__all__ = ("PracticeNetwork",)

_SEND = "putRecord"


class PracticeNetwork:
    """A client of a practice network's control API.

    Args:
        url: Where it plays the network.
        control: Where it takes orders.
    """

    def __init__(self, url: str, control: str) -> None:
        self.url = url
        # A proxy for the world outside must not be asked for this machine's own server.
        self._http = httpx.Client(base_url=control, timeout=10.0, trust_env=False)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def account(self, handle: str) -> dict[str, Any]:
        """Gives a practice account with its app password."""
        accounts = self._call("GET", "/accounts")["accounts"]
        found: dict[str, Any] = next(one for one in accounts if one["handle"] == handle)
        return found

    def break_next_send(self, action: str) -> None:
        """Lets the next post meet a fault, once.

        Args:
            action: ``cut_after`` loses the answer, ``hold_before`` keeps the request on its way.
        """
        self._call("POST", "/faults", {"action": action, "path": _SEND, "times": 1})

    def struck(self, action: str) -> datetime | None:
        """Gives the time of the request that met a fault; None before."""
        for one in self._call("GET", "/requests")["requests"]:
            if one["fault"] == action:
                return datetime.fromisoformat(one["at"])
        return None

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

    def _call(self, method: str, path: str, body: object = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise CliError(
                f"The practice network did not answer {method} {path} ({error}).",
                code="DEMO_FAILED",
            ) from error
        return answer.json()
