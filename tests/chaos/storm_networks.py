"""The three practice networks of a storm: who is there, how they are connected, what they show."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec

from mpcas2_core.accounts.asking import ConnectingContext
from mpcas2_core.database import Tenant
from mpcas2_core.engine import Engine
from mpcas2_hookspecs import Connection, ConnectsOAuth, Grant
from mpcas2_sandbox import FaultRule, SandboxProcess

__all__ = ("NETWORKS", "PracticeNetwork", "SeenPost", "X")

PRACTICE_APP = {"CLIENT_ID": "practice-client", "CLIENT_SECRET": "practice-secret"}
# YouTube has processed a video by the time of the product's first question.
PROCESSING_SECONDS = 0.5

# A look that follows a lost answer comes too early; one that follows a worker's death does not.
LAG_SECONDS = 0.5


class SeenPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post as its network has it.

    Attributes:
        id: As the product should tell it.
        text: What it says; the title of a video.
        account: The network's id of the account.
        parent: The id of the post that it answers; None for none.
        root: The id of the thread's first post; None for none.
        files: How many pictures and videos it has.
        sha256: Of its files, where the network tells.
    """

    id: str
    text: str
    account: str
    parent: str | None = None
    root: str | None = None
    files: int = 0
    sha256: tuple[str, ...] = ()


class PracticeNetwork(ABC):
    """One practice network in a storm.

    Attributes:
        key: Of the network.
        app: Client id that its accounts are connected with; empty where there are no apps.

    Args:
        sandbox: Its running process.
    """

    key: ClassVar[str]
    app: ClassVar[str] = ""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.url = sandbox.url
        self.control = sandbox.control

    def environment(self) -> dict[str, str]:
        """Gives the variables that lead the product here."""
        return {}

    @abstractmethod
    def prepare(self) -> None:
        """Lifts the limits that are not the point, and sets what is."""

    def people(self, count: int) -> list[dict[str, Any]]:
        """Makes accounts, with what is needed to connect them."""
        answer = self.control.call("POST", "accounts", {"count": count, "prefix": "storm"})
        made: list[dict[str, Any]] = answer["accounts"]
        return made

    def harm(self, rules: Sequence[FaultRule]) -> None:
        """Adds faults."""
        for rule in rules:
            self.control.add_fault(rule)

    def harm_done(self) -> Counter[str]:
        """Counts the faults that met a request, by kind; statuses by their number too."""
        met: Counter[str] = Counter()
        for fault in self.control.faults():
            rule = fault.rule
            name: str = rule.action
            if rule.action.startswith("status"):
                name = f"{rule.status} {'after' if rule.action == 'status_after' else 'before'}"
                if rule.status == 429:
                    name = "429 with a time" if rule.headers else "429 without a time"
            met[name] += fault.applied
        return +met

    def changed(self) -> int:
        """Counts posts that were changed after they had been published."""
        return 0

    @abstractmethod
    async def connection(
        self, engine: Engine, tenant: Tenant, person: dict[str, Any]
    ) -> tuple[Connection, str | None]:
        """Connects an account; with the client id of the app that the grant is for."""

    @abstractmethod
    def posts(self) -> list[SeenPost]:
        """Lists everything that is public, in the order in which it came."""


class Bluesky(PracticeNetwork):
    """Accounts with app passwords."""

    key = "bluesky"

    def prepare(self) -> None:
        """Has no limits, and shows every post at once."""

    def changed(self) -> int:
        """Counts records that were written anew with other content."""
        edits: int = self.control.call("GET", "stats")["edits"]
        return edits

    async def connection(
        self, engine: Engine, tenant: Tenant, person: dict[str, Any]
    ) -> tuple[Connection, str | None]:
        form = {
            "identifier": person["handle"],
            "appPassword": person["appPassword"],
            "server": self.url,
        }
        return await engine.accounts.authorize(tenant, self.key, form), None

    def posts(self) -> list[SeenPost]:
        stored = self.control.call("GET", "posts")["posts"]
        return [
            SeenPost(
                id=one["uri"],
                text=one["record"]["text"],
                account=one["did"],
                parent=one["record"].get("reply", {}).get("parent", {}).get("uri"),
                root=one["record"].get("reply", {}).get("root", {}).get("uri"),
                files=len(one["record"].get("embed", {}).get("images", ())),
            )
            for one in sorted(stored, key=lambda one: str(one["createdAtServer"]))
        ]


class _ByConsent(PracticeNetwork):
    """Accounts with grants. What a person does at the consent page is another test's."""

    app = PRACTICE_APP["CLIENT_ID"]

    async def connection(
        self, engine: Engine, tenant: Tenant, person: dict[str, Any]
    ) -> tuple[Connection, str | None]:
        given = self.control.call("POST", "oauth/grants", {"account": person["handle"]})
        grant = Grant(
            access_token=given["accessToken"],
            refresh_token=given["refreshToken"],
            expires_at=datetime.now(UTC) + timedelta(seconds=given["expiresIn"]),
        )
        platform = engine.plugins.platform(self.key)
        assert isinstance(platform, ConnectsOAuth)
        async with engine.clients.bearing(grant.access_token) as http:
            (made,) = await platform.connections(grant, ConnectingContext(http))
        await engine.vault.load(engine.database, tenant)
        return made, self.app

    def _environment(self, prefix: str, addresses: Sequence[str]) -> dict[str, str]:
        app = {f"{prefix}_{name}": value for name, value in PRACTICE_APP.items()}
        return app | {f"MPCAS2_{prefix}_{name}_URL": self.url for name in addresses}


class X(_ByConsent):
    """Posts, pictures, threads and a few videos."""

    key = "twitter"

    def environment(self) -> dict[str, str]:
        return self._environment("TWITTER", ("API", "WEB"))

    def prepare(self) -> None:
        # Twice the same text would be refused, and a product that posts twice would go unseen.
        settings = {
            "duplicateSeconds": 0,
            "processingSeconds": PROCESSING_SECONDS,
        }
        self.control.call("POST", "settings", settings)
        for window in self.control.call("GET", "limits")["limits"]:
            self.control.call("POST", "limits", {**window, "limit": None})

    def lag(self) -> None:
        """From now on, new posts are not at once in the timeline in which the product looks for them."""
        self.control.call("POST", "settings", {"timelineLagSeconds": LAG_SECONDS})

    def posts(self) -> list[SeenPost]:
        stored = self.control.call("GET", "posts")["posts"]
        return [
            SeenPost(
                id=one["id"],
                text=one["text"],
                account=one["accountId"],
                parent=one["replyTo"],
                root=one["conversationId"] if one["replyTo"] else None,
                files=len(one["mediaIds"]),
                sha256=tuple(one["mediaSha256"]),
            )
            for one in sorted(stored, key=lambda one: int(one["id"]))
        ]


class YouTube(_ByConsent):
    """Videos."""

    key = "youtube"

    def environment(self) -> dict[str, str]:
        return self._environment("YOUTUBE", ("API", "ACCOUNTS", "TOKEN", "WEB"))

    def prepare(self) -> None:
        self.control.call("POST", "quota", {"uploads": 1_000_000, "units": 100_000_000})
        self.control.call("POST", "processing", {"processingSeconds": PROCESSING_SECONDS})

    def posts(self) -> list[SeenPost]:
        # The network lists videos as they were made.
        return [
            SeenPost(
                id=one["id"],
                text=one["title"],
                account=one["channelId"],
                files=1,
                sha256=(one["sha256"],),
            )
            for one in self.control.call("GET", "posts")["posts"]
        ]


NETWORKS: tuple[type[PracticeNetwork], ...] = (Bluesky, X, YouTube)
