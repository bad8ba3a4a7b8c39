"""The adapter at work for one account of the practice network; each request is held to the contract."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator

from mpcas2_hookspecs import Account, Connection, Media, Part, Published, Staged, StillDeciding
from mpcas2_platform_tiktok.adapter import TikTokPlatform
from mpcas2_platform_tiktok.options import TikTokOptions
from mpcas2_sandbox import Control, FaultRule, SandboxProcess
from mpcas2_testing import MemoryPublishContext, jpeg_bytes, video_bytes
from mpcas2_testing.consent import connect_with_consent

CONTRACT = Path(__file__).parent / "contract"
MIB = 1024 * 1024
SCOPES = "user.info.basic,user.info.profile,user.info.stats,video.publish,video.upload,video.list"
PUBLIC = TikTokOptions(privacy="PUBLIC_TO_EVERYONE")
_MOST_QUESTIONS = 20


class Contract:
    """The fixtures of the routes, and which of them were used."""

    def __init__(self) -> None:
        read = [json.loads(one.read_text()) for one in sorted(CONTRACT.glob("*.json"))]
        self.routes = {(one["method"], one["path"]): one for one in read if "request" in one}
        self.used: set[str] = set()

    @staticmethod
    def shared(name: str) -> Any:
        return json.loads((CONTRACT / f"{name}.json").read_text())

    def check(
        self, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: Any
    ) -> None:
        """Holds a request against its route's fixture."""
        fixture = self.routes[method, path]
        self.used.add(fixture["route"])
        wanted = fixture["request"]
        for schema, value in (("headers", headers), ("query", query), ("body", body)):
            if wanted[schema] is not None:
                Draft202012Validator(wanted[schema]).validate(value)

    async def look(self, request: httpx.Request) -> None:
        """Does the same for what a client is about to send."""
        body = None
        if request.method == "POST":
            content = await request.aread()
            body = json.loads(content) if content else None
        headers = {name.lower(): value for name, value in request.headers.items()}
        if request.method == "PUT":
            assert "authorization" not in headers, "an upload host gets no credentials"
        query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        self.check(request.method, request.url.path, query, headers, body)


@functools.cache
def _film(size: int) -> bytes:
    # Making one of ten megabytes takes longer than sending it.
    return video_bytes(size, width=720, height=1280)


class Worker:
    """Runs the adapter's methods, each in a fresh context over one journal, as processes do.

    Attributes:
        now: The time that the adapter is told; None for the machine's.
    """

    def __init__(
        self, platform: TikTokPlatform, connection: Connection, control: Control, contract: Contract
    ) -> None:
        self.platform = platform
        self.connection = connection
        self.control = control
        self.contract = contract
        self.journal: dict[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self.now: datetime | None = None
        self.spent: list[tuple[str, int]] = []

    @property
    def account(self) -> Account:
        profile = self.connection.profile
        return Account(
            id="a",
            platform="tiktok",
            platform_account_id=profile.platform_account_id,
            username=profile.username,
            data=profile.data,
        )

    def video(self, size: int = 100_000, text: str = "A walk", **more: Any) -> Part:
        self.media["film"] = _film(size)
        film = Media(id="film", kind="video", mime_type="video/mp4", size=size, duration=3.0)
        return Part(**{"index": 0, "text": text, "media": (film,), "options": PUBLIC, **more})

    def photos(self, count: int = 2, text: str = "By boat.", **more: Any) -> Part:
        files = []
        for number in range(count):
            content = jpeg_bytes(640, 640, label=str(number))
            self.media[f"photo-{number}"] = content
            size = len(content)
            photo = Media(
                id=f"photo-{number}", kind="image", mime_type="image/jpeg", size=size, width=640
            )
            files.append(photo)
        fields = {"index": 0, "text": text, "title": "Rivers", "options": PUBLIC}
        return Part(**{**fields, "media": tuple(files), **more})

    def stage(self, part: Part) -> Staged:
        staged: Staged = self.run(lambda ctx: self.platform.stage(part, ctx))
        # As the engine does: what was staged goes through the database.
        return msgspec.json.decode(msgspec.json.encode(staged), type=Staged)

    def publish(self, staged: Staged) -> Any:
        return self.run(lambda ctx: self.platform.publish(staged, ctx))

    def find(self, staged: Staged) -> Any:
        return self.run(lambda ctx: self.platform.find(staged, ctx))

    def poll(self, handle: dict[str, Any]) -> Any:
        stored = msgspec.json.decode(msgspec.json.encode(handle))
        return self.run(lambda ctx: self.platform.poll(stored, ctx))

    def settled(self, handle: dict[str, Any]) -> Published:
        for _ in range(_MOST_QUESTIONS):
            said = self.poll(handle)
            if not isinstance(said, StillDeciding):
                assert isinstance(said, Published)
                return said
            self.control.advance_clock(said.check_after)
        raise AssertionError("nothing was decided")

    def run(self, call: Callable[[MemoryPublishContext], Awaitable[Any]]) -> Any:
        async def inside() -> Any:
            async with MemoryPublishContext(
                account=self.account,
                access_token=self.connection.grant.access_token,
                media=self.media,
                journal=self.journal,
                clock=lambda: self.now or datetime.now(UTC),
            ) as ctx:
                for client in (ctx.http, ctx.bare_http):
                    client.event_hooks["request"].append(self.contract.look)
                try:
                    return await call(ctx)
                finally:
                    self.spent += ctx.spent

        return asyncio.run(inside())

    def answers(self, path: str, status: int, body: Any = None, **more: Any) -> None:
        """Lets the network give another answer to the next request of a path."""
        said = {} if body is None else {"body": body}
        rule = FaultRule(action="status", path=path, status=status, **said, **more)
        self.control.add_fault(rule)

    def posts(self) -> list[dict[str, Any]]:
        posts: list[dict[str, Any]] = self.control.call("GET", "posts")["posts"]
        return posts

    def count(self) -> int:
        return int(self.control.call("GET", "stats")["posts"])

    def sent(self) -> list[str]:
        """Lists the paths of all requests, in order, each as its last piece."""
        return [one.path.rstrip("/").rpartition("/")[2] for one in self.control.requests()]


@pytest.fixture(scope="session")
def network_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("tiktok") as process:
        yield process


@pytest.fixture
def network(network_process: SandboxProcess) -> SandboxProcess:
    """The practice network as it is after a reset."""
    network_process.control.reset()
    return network_process


@pytest.fixture
def platform(network: SandboxProcess) -> TikTokPlatform:
    return TikTokPlatform({"api_url": network.url, "web_url": network.url, "scopes": SCOPES})


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture
def worker(network: SandboxProcess, platform: TikTokPlatform, contract: Contract) -> Worker:
    """The adapter at work for ada."""
    [connection] = asyncio.run(connect_with_consent(platform, network.control, "ada"))
    contract.used.clear()
    return Worker(platform, connection, network.control, contract)
