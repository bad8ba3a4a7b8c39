"""Bluesky: a post has a key that is chosen before it is sent, so each is there exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from kill_points import KillPoint
from ledger_rules import unknowns_are_looked_for
from practice import Call, Connected, PostKind, Submitted, Wish

from mpcas2_core.database import Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.story import Story
from mpcas2_sandbox import Control, SandboxProcess

__all__ = ("PracticeBluesky",)

FINAL = "putRecord"
THREAD_PARTS = 3


class PracticeBluesky:
    """The practice network ``bluesky``."""

    key = "bluesky"
    kinds: tuple[PostKind, ...] = ("text", "image", "thread")
    calls: tuple[Call, ...] = tuple(
        Call(name=name, method=method, path=rf"\.{name}$", final=name == FINAL)
        for name, method in (
            ("uploadBlob", "POST"),
            (FINAL, "POST"),
            ("getRecord", "GET"),
            ("resolveHandle", "GET"),
        )
    )
    hurries = False

    def environment(self, url: str) -> Mapping[str, str]:  # noqa: ARG002 - the account knows its server
        """Gives nothing: each account names its server."""
        return {}

    def prepare(self, control: Control) -> None:
        """Does nothing: there are no quotas."""

    async def connect(
        self, sandbox: SandboxProcess, engine: Engine, tenant: Tenant, platform: str, number: int
    ) -> Connected:
        """Connects with an app password."""
        answer = await asyncio.to_thread(sandbox.control.call, "GET", "accounts")
        person = answer["accounts"][number]
        credentials = {
            "identifier": person["handle"],
            "appPassword": person["appPassword"],
            "server": sandbox.url,
        }
        return Connected(connection=await engine.accounts.authorize(tenant, platform, credentials))

    def wish(self, kind: PostKind, mark: str, content: Callable[[str], UUID]) -> Wish:  # noqa: ARG002 - no further content
        """Makes up a text, a text with one picture, or a thread of three."""
        texts = tuple(
            f"{kind} {mark} part {number}, see https://example.com/{mark} #practice"
            for number in range(THREAD_PARTS if kind == "thread" else 1)
        )
        return Wish(content="picture-0" if kind == "image" else "words", texts=texts)

    def posts(self, control: Control, submitted: Submitted) -> list[dict[str, Any]]:
        """Gives the posts with the job's texts, repeats included."""
        stored = control.call("GET", "posts")["posts"]
        mine = [post for post in stored if post["record"]["text"] in submitted.texts]
        return sorted(mine, key=lambda post: str(post["createdAtServer"]))

    def faults(
        self,
        control: Control,
        submitted: Submitted,
        story: Story,
        kills: Sequence[KillPoint],
        *,
        lags: bool,  # noqa: ARG002 - this network shows posts at once
    ) -> list[str]:
        """Judges: every part once, in order, and a ledger that tells what happened."""
        posts = self.posts(control, submitted)
        faults: list[str] = []
        if story.job.state != "published":
            faults.append(f"the job is {story.job.state}")
        texts = [post["record"]["text"] for post in posts]
        if texts != list(submitted.texts):
            faults.append(f"the network has {len(texts)} posts for {len(submitted.texts)}: {texts}")
        if control.call("GET", "stats")["edits"]:
            faults.append("the network counts edits")
        for index, post in enumerate(posts[1:], start=1):
            reply = post["record"].get("reply") or {}
            if (reply.get("root", {}).get("uri"), reply.get("parent", {}).get("uri")) != (
                posts[0]["uri"],
                posts[index - 1]["uri"],
            ):
                faults.append(f"part {index} answers {reply}")
        if [part.post_id for part in story.parts] != [post["uri"] for post in posts]:
            faults.append("the parts' ids are not those of the network's posts")
        faults += unknowns_are_looked_for(story)
        if len(kills) == 1:
            faults += _tells_the_kill(story, kills[0])
        return faults


def _tells_the_kill(story: Story, point: KillPoint) -> Iterator[str]:
    """Compares the ledger of each part with what a kill at a point has to leave there."""
    for part in story.parts:
        outcomes = [one.outcome for one in story.attempts if one.position == part.position]
        wanted = _outcomes(point) if point.nth - 1 == part.position else ["published"]
        if outcomes != wanted:
            yield f"part {part.position} went {outcomes}, not {wanted}"


def _outcomes(point: KillPoint) -> list[str]:
    """Gives what the ledger of the part has to show once another worker has finished it."""
    after_commit = point.where == "commit" and point.when == "after"
    if point.lives:
        return ["unknown", "found"] if point.name == FINAL else ["unavailable", "published"]
    if point.name in {"offer", "claim", "load"} or (point.name == "open" and not after_commit):
        return ["published"]
    if point.name == "settle":
        return ["published"] if after_commit else ["unreported", "found"]
    if point.name == FINAL and point.when == "after":
        return ["unreported", "found"]
    if point.name == FINAL or (point.name == "mark" and after_commit):
        return ["unreported", "absent", "published"]
    return ["interrupted", "published"]
