"""X: nothing makes a repeat harmless, so a post whose answer is lost is found, or asked about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from kill_points import KillPoint
from ledger_rules import unknowns_are_looked_for
from practice import APP, Call, Connected, PostKind, Submitted, Wish

from mpcas2_core.database import Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import MediaWish, PostMetadata
from mpcas2_core.publishing.story import Story
from mpcas2_hookspecs import AccountProfile, Connection, Grant
from mpcas2_sandbox import Control, SandboxProcess

__all__ = ("PracticeX",)

FINAL = "post"
THREADS = {"thread": 3, "eight": 8}
PICTURES = 4


class PracticeX:
    """The practice network ``twitter``."""

    key = "twitter"
    kinds: tuple[PostKind, ...] = ("text", "images", "thread", "video", "poll")
    calls: tuple[Call, ...] = (
        Call(name=FINAL, method="POST", path=r"^/2/tweets$", final=True),
        Call(name="timeline", method="GET", path=r"^/2/users/\d+/tweets$"),
        Call(name="upload", method="POST", path=r"^/2/media/upload$"),
        Call(name="initialize", method="POST", path=r"^/2/media/upload/initialize$"),
        Call(name="append", method="POST", path=r"^/2/media/upload/\d+/append$"),
        Call(name="finalize", method="POST", path=r"^/2/media/upload/\d+/finalize$"),
        Call(name="status", method="GET", path=r"^/2/media/upload$"),
        Call(name="metadata", method="POST", path=r"^/2/media/metadata$"),
    )
    hurries = True

    def environment(self, url: str) -> Mapping[str, str]:
        """Gives the addresses and the practice app."""
        client_id, secret = APP
        return {
            "MPCAS2_TWITTER_API_URL": url,
            "MPCAS2_TWITTER_WEB_URL": url,
            "TWITTER_CLIENT_ID": client_id,
            "TWITTER_CLIENT_SECRET": secret,
        }

    def prepare(self, control: Control) -> None:
        """Lifts the limits, lets videos be ready at once, and takes the same post twice.

        The real network refuses to. Here it would hide what an adapter or the engine does twice.
        """
        for route, per in (
            ("POST /2/tweets", "user"),
            ("POST /2/tweets", "app"),
            ("GET /2/users/{id}/tweets", "user"),
        ):
            control.call("POST", "limits", {"route": route, "limit": None, "per": per})
        control.call("POST", "settings", {"processingSeconds": 0, "duplicateSeconds": 0})

    async def connect(
        self,
        sandbox: SandboxProcess,
        engine: Engine,
        tenant: Tenant,
        platform: str,  # noqa: ARG002 - no adapter takes part
        number: int,
    ) -> Connected:
        """Connects by a grant that the network makes without consent."""
        await engine.vault.load(engine.database, tenant)
        answer = await asyncio.to_thread(sandbox.control.call, "GET", "accounts")
        person = answer["accounts"][number]
        given = await asyncio.to_thread(
            sandbox.control.call, "POST", "oauth/grants", {"account": person["handle"]}
        )
        profile = AccountProfile(platform_account_id=person["id"], username=person["handle"])
        grant = Grant(
            access_token=given["accessToken"],
            refresh_token=given["refreshToken"],
            expires_at=datetime.now(UTC) + timedelta(seconds=given["expiresIn"]),
            scopes=tuple(given["scopes"]),
        )
        return Connected(connection=Connection(profile=profile, grant=grant), client_id=APP[0])

    def wish(self, kind: PostKind, mark: str, content: Callable[[str], UUID]) -> Wish:
        """Makes up a text, four pictures with alternative texts, a thread, a video or a poll."""
        texts = tuple(
            f"{kind} {mark} part {number} & more, see https://example.com/{mark} #practice"
            for number in range(THREADS.get(kind, 1))
        )
        if kind == "video":
            return Wish(content="clip", texts=texts, metadata=PostMetadata(alt_text="A dark clip"))
        if kind == "poll":
            poll = {"options": ["yes", "no"], "durationMinutes": 60}
            return Wish(content="words", texts=texts, metadata=PostMetadata(options={"poll": poll}))
        if kind == "images":
            media = tuple(
                MediaWish(content_id=content(f"picture-{number}"), alt_text=f"Picture {number}")
                for number in range(PICTURES)
            )
            return Wish(content="words", texts=texts, metadata=PostMetadata(media=media))
        return Wish(content="words", texts=texts)

    def posts(self, control: Control, submitted: Submitted) -> list[dict[str, Any]]:
        """Gives the posts with the job's texts, repeats included, by their rising ids."""
        stored = control.call("GET", "posts")["posts"]
        mine = [post for post in stored if post["text"] in submitted.texts]
        return sorted(mine, key=lambda post: int(post["id"]))

    def faults(
        self,
        control: Control,
        submitted: Submitted,
        story: Story,
        kills: Sequence[KillPoint],
        *,
        lags: bool,
    ) -> list[str]:
        """Judges: published once, or unconfirmed with one or none of the part in question."""
        posts = self.posts(control, submitted)
        texts = [post["text"] for post in posts]
        done = [part.post_id for part in story.parts if part.state == "published"]
        faults = [*_chain(posts), *unknowns_are_looked_for(story)]
        if story.job.state == "published":
            whole = {len(submitted.texts)}
        elif story.job.state == "unconfirmed":
            whole = {len(done), len(done) + 1}
            if not story.job.needs_attention:
                faults.append("the job is unconfirmed and nobody is asked to look")
            if not any(_blinds(point, lags=lags) for point in kills):
                faults.append("the job is unconfirmed although the network could tell")
        else:
            whole = set()
            faults.append(f"the job is {story.job.state}")
        if whole and (len(texts) not in whole or texts != list(submitted.texts[: len(texts)])):
            faults.append(f"the network has {len(texts)} posts for {len(submitted.texts)}: {texts}")
        if done != [post["id"] for post in posts][: len(done)]:
            faults.append("the parts' ids are not those of the network's posts")
        return faults


def _chain(posts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Tells which parts of a thread do not answer the part before."""
    for index, post in enumerate(posts):
        parent = posts[index - 1]["id"] if index else None
        if post["replyTo"] != parent:
            yield f"part {index} answers {post['replyTo']} and not {parent}"


def _blinds(point: KillPoint, *, lags: bool) -> bool:
    """Tells whether nobody can know, after a kill at this point, that a post is not there.

    From the mark on it may be on its way. What was not yet posted, or does not show yet, cannot be
    told from what is late.
    """
    marked = point.name == "mark" and point.where == "commit" and point.when == "after"
    if marked or (point.name == FINAL and point.when == "before"):
        return True
    return lags and (point.name in {FINAL, "settle"})
