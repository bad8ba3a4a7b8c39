"""YouTube: one session makes one video, whoever sends to it; playlist and thumbnail follow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from kill_points import KillPoint
from ledger_rules import unknowns_are_looked_for
from practice import APP, Call, Connected, PostKind, Submitted, Wish

from mpcas2_core.database import Tenant
from mpcas2_core.engine import Engine
from mpcas2_core.publishing.compose import PostMetadata
from mpcas2_core.publishing.story import Story
from mpcas2_hookspecs import AccountProfile, Connection, Grant
from mpcas2_sandbox import Control, SandboxProcess

__all__ = ("PracticeYouTube",)

INSERT = "playlistItems.insert"
ENOUGH = 1_000_000


class PracticeYouTube:
    """The practice network ``youtube``."""

    key = "youtube"
    kinds: tuple[PostKind, ...] = ("video",)
    calls: tuple[Call, ...] = (
        Call(name="open", method="POST", path=r"^/upload/youtube/v3/videos$"),
        Call(name="bytes", method="PUT", path=r"^/upload/youtube/v3/videos$", final=True),
        Call(name="videos.list", method="GET", path=r"^/youtube/v3/videos$"),
        Call(name="thumbnails.set", method="POST", path=r"^/upload/youtube/v3/thumbnails/set$"),
        Call(name="playlistItems.list", method="GET", path=r"^/youtube/v3/playlistItems$"),
        Call(name=INSERT, method="POST", path=r"^/youtube/v3/playlistItems$"),
    )
    hurries = True

    def __init__(self) -> None:
        self._playlist = ""
        self._token = ""

    def environment(self, url: str) -> Mapping[str, str]:
        """Gives the addresses and the practice app."""
        client_id, secret = APP
        hosts = ("API", "ACCOUNTS", "TOKEN", "WEB")
        return {
            **{f"MPCAS2_YOUTUBE_{host}_URL": url for host in hosts},
            "YOUTUBE_CLIENT_ID": client_id,
            "YOUTUBE_CLIENT_SECRET": secret,
        }

    def prepare(self, control: Control) -> None:
        """Raises the quota, and lets videos be processed at once."""
        control.call("POST", "quota", {"uploads": ENOUGH, "units": ENOUGH * 100})
        control.call("POST", "processing", {"processingSeconds": 0})

    async def connect(
        self,
        sandbox: SandboxProcess,
        engine: Engine,
        tenant: Tenant,
        platform: str,  # noqa: ARG002 - no adapter takes part
        number: int,
    ) -> Connected:
        """Connects by a grant that the network makes without consent, and makes a playlist."""
        await engine.vault.load(engine.database, tenant)
        answer = await asyncio.to_thread(sandbox.control.call, "GET", "accounts")
        person = answer["accounts"][number]
        channel = person["channels"][0]
        given = await asyncio.to_thread(
            sandbox.control.call, "POST", "oauth/grants", {"account": person["handle"]}
        )
        if not self._playlist:
            self._token = given["accessToken"]
            self._playlist = await _make_playlist(sandbox.url, given["accessToken"])
        profile = AccountProfile(
            platform_account_id=channel["id"],
            username=channel["handle"],
            data={"uploads": channel["uploads"]},
        )
        grant = Grant(
            access_token=given["accessToken"],
            refresh_token=given["refreshToken"],
            expires_at=datetime.now(UTC) + timedelta(seconds=given["expiresIn"]),
            scopes=tuple(given["scopes"]),
        )
        return Connected(connection=Connection(profile=profile, grant=grant), client_id=APP[0])

    def wish(self, kind: PostKind, mark: str, content: Callable[[str], UUID]) -> Wish:
        """Makes up a video of several chunks, with playlist and thumbnail."""
        return Wish(
            content="film",
            texts=(f"{kind} {mark}, see https://example.com/{mark} #practice",),
            metadata=PostMetadata(
                title=f"A film {mark}",
                thumbnail=content("picture-0"),
                options={"playlistId": self._playlist, "privacy": "public"},
            ),
        )

    def posts(self, control: Control, submitted: Submitted) -> list[dict[str, Any]]:
        """Gives the videos whose title has the job's mark, repeats included."""
        stored = control.call("GET", "posts")["posts"]
        return [video for video in stored if submitted.mark in video["title"]]

    def faults(
        self,
        control: Control,
        submitted: Submitted,
        story: Story,
        kills: Sequence[KillPoint],
        *,
        lags: bool,  # noqa: ARG002 - a session tells at once
    ) -> list[str]:
        """Judges: one video, once in its playlist, with its thumbnail, published."""
        videos = self.posts(control, submitted)
        faults = list(unknowns_are_looked_for(story))
        if story.job.state != "published":
            faults.append(f"the job is {story.job.state}")
        if len(videos) != 1:
            return [*faults, f"the network has {len(videos)} videos"]
        (video,) = videos
        if [part.post_id for part in story.parts] != [video["id"]]:
            faults.append("the part's id is not that of the video")
        # YouTube has no key for an item of a playlist: a request that arrives after its sender's
        # death and after its successor's cannot be told from a second wish.
        allowed = [1, 2] if any(one.late and one.name == INSERT for one in kills) else [1]
        times = self._times_in_playlist(control, video["id"])
        if times not in allowed:
            faults.append(f"the video is {times} times in its playlist")
        if not video["hasThumbnail"]:
            faults.append("the video has no thumbnail")
        return faults

    def _times_in_playlist(self, control: Control, video_id: str) -> int:
        """Counts by the API, since the control API tells only that a playlist holds a video."""
        answer = httpx.get(
            f"{control.url.removesuffix('/_sandbox')}/youtube/v3/playlistItems",
            params={"part": "snippet", "playlistId": self._playlist, "videoId": video_id},
            headers={"authorization": f"Bearer {self._token}"},
            trust_env=False,
        )
        return len(answer.raise_for_status().json()["items"])


async def _make_playlist(url: str, token: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            f"{url}/youtube/v3/playlists",
            params={"part": "snippet"},
            json={"snippet": {"title": "Practice"}},
            headers={"authorization": f"Bearer {token}"},
        )
    playlist_id: str = answer.raise_for_status().json()["id"]
    return playlist_id
