"""The practice networks of the benchmarks: started without limits, and accounts of their own."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from benchmarks.bare_context import BareContext

from mpcas2_hookspecs import Account, AccountProfile, Connection, Grant
from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_sandbox.process import SandboxProcess

__all__ = ("CLIENT_ID", "KEYS", "TEXT", "TITLE", "Network", "running")

# A link and a tag, so that facets are built; no mention, which would cost a request of its own.
TEXT = "Post {number} of a benchmark: https://example.com/read-more #benchmark"
TITLE = "Film {number} of a benchmark"
KEYS = ("bluesky", "twitter", "youtube")
CLIENT_ID, SECRET = "practice-client", "practice-secret"
ENOUGH = 100_000_000
X_LIMITS = (("POST /2/tweets", "user"), ("POST /2/tweets", "app"))


class Network:
    """A practice network that runs.

    Args:
        key: Its key.
        process: Its process.
    """

    def __init__(self, key: str, process: SandboxProcess) -> None:
        self.key = key
        self.process = process

    @property
    def has_film(self) -> bool:
        """Whether a post is a video; elsewhere it is a text."""
        return self.key == "youtube"

    @property
    def client_id(self) -> str | None:
        """The app that grants are given to; None where accounts are connected with a form."""
        return None if self.key == "bluesky" else CLIENT_ID

    def environment(self) -> dict[str, str]:
        """Gives the variables that lead a worker to it."""
        names = {"twitter": ("API", "WEB"), "youtube": ("API", "ACCOUNTS", "TOKEN", "WEB")}
        upper = self.key.upper()
        if self.key not in names:
            return {}
        return {
            **{f"MPCAS2_{upper}_{name}_URL": self.process.url for name in names[self.key]},
            f"{upper}_CLIENT_ID": CLIENT_ID,
            f"{upper}_CLIENT_SECRET": SECRET,
        }

    def lift_limits(self) -> None:
        """Takes away what would measure the network's patience and not the engine."""
        control = self.process.control
        if self.key == "twitter":
            for route, per in X_LIMITS:
                control.call("POST", "limits", {"route": route, "limit": None, "per": per})
        if self.key == "youtube":
            control.call("POST", "quota", {"uploads": ENOUGH, "units": ENOUGH})
            control.call("POST", "processing", {"processingSeconds": 0})

    def count(self) -> int:
        """Gives how many posts it has."""
        return int(self.process.control.call("GET", "stats")["posts"])

    async def connect(self) -> Connection:
        """Connects a fresh account, as its consent page or form would."""
        control = self.process.control
        order = {"count": 1, "prefix": "bench"}
        (person,) = control.call("POST", "accounts", order)["accounts"]
        if self.key == "bluesky":
            return await self._filled_in(person)
        given = control.call("POST", "oauth/grants", {"account": person["handle"]})
        return Connection(
            profile=_profile(self.key, person),
            grant=Grant(
                access_token=given["accessToken"],
                refresh_token=given["refreshToken"],
                expires_at=datetime.now(UTC) + timedelta(seconds=given["expiresIn"]),
                scopes=tuple(given["scopes"]),
            ),
        )

    async def _filled_in(self, person: Mapping[str, Any]) -> Connection:
        nobody = Account(id="bare", platform=self.key, platform_account_id="", username="")
        platform = BlueskyPlatform()
        credentials = {
            **{field.name: field.default for field in platform.connect_form if field.default},
            "identifier": person["handle"],
            "appPassword": person["appPassword"],
            "server": self.process.url,
        }
        async with httpx.AsyncClient(trust_env=False, timeout=60.0) as client:
            return await platform.connect(credentials, BareContext(nobody, client, client))


@contextlib.contextmanager
def running(keys: Sequence[str]) -> Iterator[dict[str, Network]]:
    """Runs practice networks, each in a process of its own, with their limits lifted."""
    with contextlib.ExitStack() as stack:
        networks = {key: Network(key, stack.enter_context(SandboxProcess(key))) for key in keys}
        for network in networks.values():
            network.lift_limits()
        yield networks


def _profile(key: str, person: Mapping[str, Any]) -> AccountProfile:
    if key == "twitter":
        return AccountProfile(platform_account_id=person["id"], username=person["handle"])
    channel = person["channels"][0]
    return AccountProfile(
        platform_account_id=channel["id"],
        username=channel["handle"],
        data={"uploads": channel["uploads"]},
    )
