"""Seven practice networks by one class: what differs between them is a row of ``practice_seven_rows``."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from kill_points import KillPoint
from ledger_rules import unknowns_are_looked_for
from practice import APP, Call, Connected, PostKind, Submitted, Wish
from practice_seven_rows import MEDIA, ROWS, Row

from mpcas2_core.accounts.asking import ConnectingContext
from mpcas2_core.database import Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.plugins import PluginHost
from mpcas2_core.publishing.compose import MediaWish, PostMetadata
from mpcas2_core.publishing.story import Story
from mpcas2_hookspecs import Connection, ConnectsOAuth, Grant, OAuthApp, RegistersApp
from mpcas2_sandbox import Control, SandboxProcess

__all__ = ("SEVEN", "PracticeSeven", "installed")

THREAD_PARTS = 3


class PracticeSeven:
    """One of the seven practice networks.

    Args:
        row: What is its own.
    """

    hurries = True

    def __init__(self, row: Row) -> None:
        self.row = row
        self.key = row.key
        self.kinds: tuple[PostKind, ...] = tuple(row.kinds)
        self.calls: tuple[Call, ...] = row.calls
        self._board = ""

    def environment(self, url: str) -> Mapping[str, str]:
        """Gives the addresses and, where people bring no server of their own, the practice app."""
        prefix = self.key.upper()
        client_id, secret = APP
        named = {f"MPCAS2_{prefix}_{name}": url for name in self.row.addresses}
        if not named:
            return {}
        more = {f"MPCAS2_{prefix}_{name}": value for name, value in self.row.more.items()}
        app = {f"{prefix}_CLIENT_ID": client_id, f"{prefix}_CLIENT_SECRET": secret}
        return {**named, **more, **app}

    def prepare(self, control: Control) -> None:
        """Lifts all limits, and sets what the row says: nothing waits and every repeat is taken."""
        for limit in control.call("GET", "limits")["limits"]:
            control.call("POST", "limits", {**limit, "limit": None})
        for route, body in self.row.prepared:
            control.call("POST", route, body)

    async def connect(
        self, sandbox: SandboxProcess, engine: Engine, tenant: Tenant, platform: str, number: int
    ) -> Connected:
        """Connects by a token that the network makes without consent, as the adapter does."""
        await engine.vault.load(engine.database, tenant)
        # The engine of the tests' own process has the settings of the real networks.
        plugins = PluginHost.load(environ=self.environment(sandbox.url))
        found: object = plugins.platforms[platform]
        if not isinstance(found, ConnectsOAuth):
            raise TypeError(f"{platform} connects nobody by a consent page")
        client_id, secret = APP
        app = OAuthApp(client_id=client_id, client_secret=secret)
        registering: object = found
        if isinstance(registering, RegistersApp):
            async with engine.clients.bare() as http:
                app = await registering.register_app(
                    sandbox.url, f"{sandbox.url}/back", ConnectingContext(http)
                )
        people = await asyncio.to_thread(sandbox.control.call, "GET", "accounts")
        person = people["accounts"][number]
        if "boards" in person:
            self._board = person["boards"][0]["id"]
        given = await asyncio.to_thread(self._grant, sandbox.control, person["handle"], app)
        lasts = given.get("expiresIn")
        scopes = given.get("scopes")
        grant = Grant(
            access_token=given["accessToken"],
            refresh_token=given.get("refreshToken"),
            expires_at=None if lasts is None else datetime.now(UTC) + timedelta(seconds=lasts),
            scopes=None if scopes is None else tuple(scopes),
        )
        async with engine.clients.bearing(grant.access_token) as http:
            made: Sequence[Connection] = await found.connections(
                grant, ConnectingContext(http, app)
            )
        return Connected(connection=made[0], client_id=None if app.server else app.client_id)

    def wish(self, kind: PostKind, mark: str, content: Callable[[str], UUID]) -> Wish:
        """Makes up a post of a kind; its mark is in text, title and options."""
        texts = tuple(
            f"{kind} {mark} part {number}, see https://example.com/{mark} #practice"
            for number in range(THREAD_PARTS if kind == "thread" else 1)
        )
        names = MEDIA[kind] or self.row.least_media
        media = tuple(MediaWish(content_id=content(name)) for name in names)
        filled = self.row.kinds[kind].replace("{mark}", mark).replace("{board}", self._board)
        metadata = PostMetadata(
            title=f"{kind} {mark}",
            media=media or None,
            options=msgspec.json.decode(filled, type=dict[str, Any]) or None,
        )
        comment = f"below {mark}" if kind == "comment" else ""
        return Wish(content="words", texts=texts, metadata=metadata, comment=comment)

    def posts(self, control: Control, submitted: Submitted) -> list[dict[str, Any]]:
        """Gives posts and comments that bear the job's mark, each once."""
        found: dict[str, dict[str, Any]] = {}
        for post in control.call("GET", "posts")["posts"]:
            comments = post.get("comments", [])
            alone = {name: value for name, value in post.items() if name != "comments"}
            if submitted.mark in str(alone) and post.get("exists", True):
                found[self._id(post)] = alone
            for comment in comments:
                if submitted.mark in str(comment):
                    found.setdefault(str(comment["id"]), comment)
        return list(found.values())

    def faults(
        self,
        control: Control,
        submitted: Submitted,
        story: Story,
        kills: Sequence[KillPoint],
        *,
        lags: bool,  # noqa: ARG002 - these show posts at once
    ) -> list[str]:
        """Judges: every part once; where nobody can know, a person is asked and none is there twice."""
        posts = self.posts(control, submitted)
        faults = list(unknowns_are_looked_for(story))
        kind: str = submitted.texts[0].partition(" ")[0]
        asking = kind in self.row.asking
        faults += self._wrong_counts(posts, submitted, story, asking=asking)
        if story.job.state == "unconfirmed":
            if not story.job.needs_attention:
                faults.append("the job is unconfirmed and nobody is asked to look")
            told = kind not in self.row.alike
            if told and not any(self._blinds(point) for point in kills):
                faults.append("the job is unconfirmed although the network could tell")
        elif story.job.state != "published":
            faults.append(f"the job is {story.job.state}")
        here = {self._id(post) for post in posts}
        strange = [
            part.post_id
            for part in story.parts
            # The id of a comment may name the post as well.
            if part.post_id and not any(part.post_id.strip(")").endswith(one) for one in here)
        ]
        if strange:
            faults.append(f"the network has no posts {strange}, but {sorted(here)}")
        return faults

    def _wrong_counts(
        self,
        posts: Sequence[Mapping[str, Any]],
        submitted: Submitted,
        story: Story,
        *,
        asking: bool,
    ) -> Iterator[str]:
        """Compares how often each part is there with what its state allows."""
        whole = len(submitted.texts) == 1
        for part, text in zip(story.parts, submitted.texts, strict=True):
            times = sum(whole or text in str(post) for post in posts)
            allowed = {"published": {1}, "unconfirmed": {0, 1} if asking else set()}
            if times not in allowed.get(part.state, {0} if asking else set()):
                yield (
                    f"part {part.position} is {part.state}; "
                    f"the network has {times} posts for 1 of it"
                )

    def _blinds(self, point: KillPoint) -> bool:
        """Tells whether, after a kill at this point, a post is not there and may be on its way."""
        if point.name == "mark":
            return point.where == "commit" and point.when == "after"
        return point.when == "before" and any(
            call.final for call in self.calls if call.name == point.name
        )

    def _grant(self, control: Control, handle: str, app: OAuthApp) -> Mapping[str, Any]:
        """Makes a token; Meta's networks trade short-lived ones when an account is connected."""
        route, order = "oauth/grants", {"account": handle, "clientId": app.client_id}
        if self.row.short_tokens:
            route, order = "tokens", {"account": handle, "kind": "short"}
        made: dict[str, Any] = control.call("POST", route, order)
        return made

    def _id(self, post: Mapping[str, Any]) -> str:
        return str(post[self.row.id_member] if self.row.id_member in post else post["id"])


SEVEN: Mapping[str, Callable[[], PracticeSeven]] = {
    row.key: functools.partial(PracticeSeven, row) for row in ROWS
}


@functools.cache
def installed() -> Collection[str]:
    """Gives the keys of the networks whose plugins load; the others' rows cannot be used."""
    return frozenset(PluginHost.load().platforms)
