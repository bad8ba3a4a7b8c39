"""The adapter against the practice network or a canned server, over one journal."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Accepted, Account, Media, Part, Staged, StillDeciding
from mpcas2_platform_facebook.adapter import FacebookPlatform
from mpcas2_sandbox import Control, SandboxProcess
from mpcas2_testing import (
    CannedServer,
    MemoryPublishContext,
    Trouble,
    picture_bytes,
    serve_canned,
    video_bytes,
)
from mpcas2_testing.context import system_clock

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
FILES = {
    "p1": picture_bytes(200, 200, label="one"),
    "p2": picture_bytes(200, 200, label="two"),
    "film": video_bytes(9_000_000, width=1080, height=1920, seconds=5.0),
    "flat": video_bytes(100_000, width=640, height=360, seconds=5.0),
}


def settings_of(url: str) -> dict[str, str]:
    return {"api_url": url, "web_url": url, "upload_url": url, "api_version": "v26.0"}


def picture(name: str) -> Media:
    return Media(id=name, kind="image", mime_type="image/png", size=len(FILES[name]), alt_text=name)


def film(name: str = "film") -> Media:
    return Media(id=name, kind="video", mime_type="video/mp4", size=len(FILES[name]))


class Worker:
    """Runs calls as one process after another would, over one journal."""

    def __init__(
        self,
        url: str,
        page: str,
        token: str,
        control: Control | None = None,
        clock: Callable[[], datetime] = system_clock,
    ) -> None:
        self.platform = FacebookPlatform(settings_of(url))
        self.account = Account(
            id="a", platform="facebook", platform_account_id=page, username="bakery"
        )
        self.token = token
        self._control = control
        self._clock = clock
        self.journal: dict[str, Any] = {}
        self.spent: list[tuple[str, int]] = []
        self.readings: list[Any] = []

    @property
    def control(self) -> Control:
        assert self._control is not None
        return self._control

    def run(
        self,
        call: Callable[[MemoryPublishContext], Awaitable[Any]],
        trouble: Trouble | None = None,
    ) -> Any:
        async def inside() -> Any:
            async with MemoryPublishContext(
                account=self.account,
                access_token=self.token,
                media=FILES,
                journal=self.journal,
                trouble=trouble,
                clock=self._clock,
            ) as ctx:
                try:
                    return await call(ctx)
                finally:
                    self.spent += ctx.spent
                    self.readings += ctx.readings

        return asyncio.run(inside())

    def stage(self, part: Part, trouble: Trouble | None = None) -> Staged:
        staged = self.run(lambda ctx: self.platform.stage(part, ctx), trouble)
        return msgspec.json.decode(msgspec.json.encode(staged), type=Staged)

    def publish(self, staged: Staged, trouble: Trouble | None = None) -> Any:
        return self.run(lambda ctx: self.platform.publish(staged, ctx), trouble)

    def find(self, staged: Staged) -> Any:
        return self.run(lambda ctx: self.platform.find(staged, ctx))

    def poll(self, handle: dict[str, Any]) -> Any:
        return self.run(lambda ctx: self.platform.poll(handle, ctx))

    def settled(self, answer: Accepted) -> Any:
        for _ in range(20):
            self.control.advance_clock(answer.check_after)
            said = self.poll(answer.handle)
            if not isinstance(said, StillDeciding):
                return said
        raise AssertionError("nothing was decided")

    def post(self, part: Part) -> Any:
        return self.settled(self.publish(self.stage(part)))


@pytest.fixture(scope="module")
def network() -> Iterator[SandboxProcess]:
    with SandboxProcess("facebook") as process:
        yield process


@pytest.fixture
def worker(network: SandboxProcess) -> Worker:
    """Ada's Page on the practice network."""
    control = network.control
    control.reset()
    [ada] = [one for one in control.call("GET", "accounts")["accounts"] if one["handle"] == "ada"]
    page = ada["pages"][0]["id"]
    order = {"account": "ada", "kind": "page", "page": page}
    token = control.call("POST", "tokens", order)["accessToken"]
    return Worker(network.url, page, token, control)


@pytest.fixture
def canned() -> Iterator[CannedServer]:
    with serve_canned() as server:
        yield server


@pytest.fixture
def canned_worker(canned: CannedServer) -> Worker:
    """A Page on the server of canned answers."""
    return Worker(canned.url, "1", "access-secret", clock=lambda: NOW)


@pytest.fixture
def files() -> dict[str, Media]:
    pictures = {name: picture(name) for name in ("p1", "p2")}
    return pictures | {name: film(name) for name in ("film", "flat")}


_NUMBERS = itertools.count(1)


@pytest.fixture
def words() -> str:
    return f"Words of their own, {next(_NUMBERS)}"
