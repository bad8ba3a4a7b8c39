"""The adapter against the practice network or a canned server, each exchange held against the contract."""

from __future__ import annotations

import asyncio
import json
import re
import urllib.parse
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from mpcas2_hookspecs import (
    Account,
    Connection,
    NotReady,
    Part,
    Published,
    Staged,
    StillDeciding,
)
from mpcas2_platform_linkedin.adapter import LinkedInPlatform
from mpcas2_sandbox import Control, SandboxProcess
from mpcas2_testing import (
    CannedServer,
    MemoryPublishContext,
    Trouble,
    connect_with_consent,
    serve_canned,
)

CONTRACT = Path(__file__).resolve().parent / "contract"
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
FEED = "w_member_social_feed r_member_social_feed w_organization_social_feed r_organization_social_feed"


class Contract:
    """The files that say what LinkedIn takes and answers."""

    def __init__(self) -> None:
        shared = json.loads((CONTRACT / "shared.json").read_text())["answers"]
        self.files: dict[str, dict[str, Any]] = {}
        self.seen: set[str] = set()
        for path in sorted(CONTRACT.glob("*.json")):
            if path.name != "shared.json":
                told = json.loads(path.read_text())
                lent = {status: shared[status] for status in told["sharedAnswers"]}
                told["answers"] = {**lent, **told["answers"]}
                self.files[path.stem] = told

    def of(self, method: str, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Gives the file of a route; the query tells apart what shares a path."""
        for name, told in self.files.items():
            asked = told["request"]
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(asked["path"]))
            if asked["method"] == method and re.fullmatch(pattern, path):
                wanted = asked["query"].get("properties", {}).get("action", {}).get("const")
                if wanted in {None, query.get("action")}:
                    self.seen.add(name)
                    return told
        raise AssertionError(f"no contract for {method} {path}")

    async def check(self, answer: httpx.Response) -> None:
        """Compares an exchange of the adapter with the contract."""
        request = answer.request
        path = request.url.raw_path.decode().partition("?")[0]
        query = dict(urllib.parse.parse_qsl(request.url.query.decode(), keep_blank_values=True))
        told = self.of(request.method, path, query)
        await answer.aread()
        asked = told["request"]
        fits(query, asked["query"])
        fits(dict(request.headers), asked["headers"])
        if asked["bodyType"] == "json":
            fits(json.loads(request.content), asked["body"])
        # A server that breaks is no part of a contract.
        assert answer.is_server_error or str(answer.status_code) in told["answers"]


def fits(value: Any, schema: Any) -> None:
    jsonschema.Draft202012Validator(schema).validate(value)


class Worker:
    """Runs calls as one process after another would, over one journal."""

    def __init__(
        self,
        platform: LinkedInPlatform,
        account: Account,
        token: str = "access-secret",
        control: Control | None = None,
        contract: Contract | None = None,
    ) -> None:
        self.platform = platform
        self.account = account
        self.token = token
        self.control = control
        self.contract = contract
        self.journal: dict[str, Any] = {}
        self.media: dict[str, bytes] = {}
        self.now: datetime | None = None

    def run(
        self,
        call: Callable[[LinkedInPlatform, MemoryPublishContext], Awaitable[Any]],
        trouble: Trouble | None = None,
    ) -> Any:
        now = self.now
        more: dict[str, Any] = {} if now is None else {"clock": lambda: now}

        async def inside() -> Any:
            async with MemoryPublishContext(
                account=self.account,
                access_token=self.token,
                media=self.media,
                journal=self.journal,
                trouble=trouble,
                **more,
            ) as ctx:
                if self.contract is not None:
                    for client in (ctx.http, ctx.bare_http):
                        client.event_hooks = {"response": [self.contract.check]}
                return await call(self.platform, ctx)

        return asyncio.run(inside())

    def stage(self, part: Part, trouble: Trouble | None = None) -> Staged:
        for _ in range(10):
            try:
                staged: Staged = self.run(lambda one, ctx: one.stage(part, ctx), trouble)
            except NotReady as error:
                assert self.control is not None
                self.control.advance_clock(error.check_after)
            else:
                return staged
        raise AssertionError("LinkedIn was never ready")

    def send(self, staged: Staged) -> Any:
        return self.run(lambda one, ctx: one.publish(staged, ctx))

    def find(self, staged: Staged) -> Any:
        return self.run(lambda one, ctx: one.find(staged, ctx))

    def settle(self, answer: Any) -> Published:
        for _ in range(10):
            if isinstance(answer, Published):
                return answer
            assert self.control is not None
            self.control.advance_clock(answer.check_after)
            said = self.run(lambda one, ctx: one.poll(answer.handle, ctx))  # noqa: B023 - called at once
            answer = said if not isinstance(said, StillDeciding) else answer
        raise AssertionError("LinkedIn never decided")

    def publish(self, part: Part) -> Published:
        self.journal.clear()
        return self.settle(self.send(self.stage(part)))


class Office:
    """The practice network, and the accounts that a person connects on it."""

    def __init__(self, process: SandboxProcess, contract: Contract) -> None:
        self.url = process.url
        self.control = process.control
        self.contract = contract

    def platform(self, **settings: Any) -> LinkedInPlatform:
        usual = {
            "api_url": self.url,
            "web_url": self.url,
            "api_version": "202607",
            "organizations": True,
            "more_scopes": f"{FEED} r_member_postAnalytics",
        }
        return LinkedInPlatform({**usual, **settings})

    def connect(self, person: str = "ada", **settings: Any) -> list[Connection]:
        return asyncio.run(connect_with_consent(self.platform(**settings), self.control, person))

    def worker(self, connection: Connection, **settings: Any) -> Worker:
        profile = connection.profile
        account = Account(
            id="a",
            platform="linkedin",
            platform_account_id=profile.platform_account_id,
            username=profile.username,
            data=profile.data,
        )
        token = connection.grant.access_token
        return Worker(self.platform(**settings), account, token, self.control, self.contract)

    def posts(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self.control.call("GET", "posts")["posts"]
        return told

    def count(self) -> int:
        return int(self.control.call("GET", "stats")["posts"])


@pytest.fixture(scope="session")
def office_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("linkedin") as process:
        yield process


@pytest.fixture(scope="session")
def contract_files() -> Contract:
    return Contract()


@pytest.fixture
def office(office_process: SandboxProcess, contract_files: Contract) -> Office:
    office_process.control.reset()
    return Office(office_process, contract_files)


@pytest.fixture
def member(office: Office) -> Worker:
    """Ada, a member, whose own posts cannot be read."""
    return office.worker(office.connect()[0])


@pytest.fixture
def page(office: Office) -> Worker:
    """A page that ada administers."""
    return office.worker(office.connect()[1])


@pytest.fixture
def canned() -> Iterator[CannedServer]:
    with serve_canned() as server:
        yield server


@pytest.fixture
def worker(canned: CannedServer) -> Worker:
    """A member on the server of canned answers."""
    settings = {
        "api_url": canned.url,
        "web_url": "https://www.linkedin.com",
        "api_version": "202607",
        "organizations": False,
        "more_scopes": "",
    }
    account = Account(
        id="a", platform="linkedin", platform_account_id="urn:li:person:1", username="Ada"
    )
    made = Worker(LinkedInPlatform(settings), account)
    made.now = NOW
    return made
