"""Each rule of the suite catches an adapter that was broken on purpose.

The broken adapters are Bluesky's with one fault each, against Bluesky's practice network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from mpcas2_hookspecs import (
    Absent,
    Account,
    FindResult,
    Grant,
    HttpAnswer,
    Limits,
    OutcomeUnknown,
    Part,
    PlatformError,
    PublishContext,
    PublishResult,
    RateLimited,
    Rejected,
    Staged,
    TextRule,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_bluesky.adapter import BlueskyPlatform
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing import Bench, PlatformSuite
from mpcas2_testing.faults import PUBLISH_FAULTS, QUESTION_FAULTS, Fault

SUITE = PlatformSuite()


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("bluesky") as running:
        yield running


@pytest.fixture
def bench_of(process: SandboxProcess) -> Callable[..., Bench]:
    def make(platform: BlueskyPlatform, package: str = "mpcas2_platform_bluesky") -> Bench:
        process.control.reset()
        alice = process.control.call("GET", "accounts")["accounts"][0]
        return Bench(
            platform=platform,
            package=package,
            control=process.control,
            credentials={
                "identifier": alice["handle"],
                "appPassword": alice["appPassword"],
                "server": process.url,
            },
            publish_path="putRecord",
            count_posts=lambda: int(process.control.call("GET", "stats")["posts"]),
        )

    return make


def fault(table: tuple[Fault, ...], name: str) -> Fault:
    return next(row for row in table if row.name == name)


class ChoosesTheKeyTooLate(BlueskyPlatform):
    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        fresh = await super().stage(Part(index=0, text="again"), ctx)
        return await super().publish(Staged(data={**staged.data, "rkey": fresh.data["rkey"]}), ctx)


def test_a_key_chosen_at_publish_is_caught(bench_of: Callable[..., Bench]) -> None:
    with pytest.raises(AssertionError):
        SUITE.test_same_staged_twice_is_one_post(bench_of(ChoosesTheKeyTooLate()))
    with pytest.raises(AssertionError):
        SUITE.test_absent_before_publish_and_found_after(bench_of(ChoosesTheKeyTooLate()))


class PublishesWhileStaging(BlueskyPlatform):
    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        staged = await super().stage(part, ctx)
        await super().publish(staged, ctx)
        return staged


def test_a_post_made_by_stage_is_caught(bench_of: Callable[..., Bench]) -> None:
    with pytest.raises(AssertionError):
        SUITE.test_stage_makes_no_post(bench_of(PublishesWhileStaging()))


class Translates(BlueskyPlatform):
    """Turns one class of error into another, as a careless ``except`` does."""

    def __init__(self, wrong: Mapping[type[PlatformError], type[PlatformError]]) -> None:
        self.wrong = wrong

    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        try:
            return await super().publish(staged, ctx)
        except PlatformError as error:
            raise self.wrong[type(error)](error.message) from error

    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        try:
            return await super().stage(part, ctx)
        except PlatformError as error:
            raise self.wrong[type(error)](error.message) from error


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("cut-after", {OutcomeUnknown: Unavailable}),
        ("malformed", {OutcomeUnknown: Unavailable}),
        ("500-after", {OutcomeUnknown: Rejected}),
        ("401", {Unauthorized: Rejected}),
        ("429-with-retry-after", {RateLimited: RateLimited}),
    ],
)
def test_a_wrong_error_of_publish_is_caught(
    bench_of: Callable[..., Bench],
    name: str,
    wrong: dict[type[PlatformError], type[PlatformError]],
) -> None:
    with pytest.raises(AssertionError):
        SUITE.test_publish_fault(bench_of(Translates(wrong)), fault(PUBLISH_FAULTS, name))


def test_an_unknown_outcome_of_stage_is_caught(bench_of: Callable[..., Bench]) -> None:
    broken = Translates({Unavailable: OutcomeUnknown})
    with pytest.raises(AssertionError):
        SUITE.test_stage_fault(bench_of(broken), fault(QUESTION_FAULTS, "500"))


class HopefulFind(BlueskyPlatform):
    async def find(self, staged: Staged, ctx: PublishContext) -> FindResult:
        try:
            return await super().find(staged, ctx)
        except PlatformError:
            return Absent(proof="there was an error, so it is not there")


def test_an_absence_without_an_answer_is_caught(bench_of: Callable[..., Bench]) -> None:
    with pytest.raises(AssertionError):
        SUITE.test_find_fault(bench_of(HopefulFind()), fault(QUESTION_FAULTS, "cut-before"))


class ForgetsTheJournal(BlueskyPlatform):
    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        for name in list(ctx.journal):
            await ctx.record(name, None)
        return await super().stage(part, ctx)


def test_an_upload_that_is_repeated_is_caught(bench_of: Callable[..., Bench]) -> None:
    with pytest.raises(AssertionError):
        SUITE.test_stage_resumes_from_the_journal(bench_of(ForgetsTheJournal()))


class StoresTheToken(BlueskyPlatform):
    async def stage(self, part: Part, ctx: PublishContext) -> Staged:
        staged = await super().stage(part, ctx)
        return Staged(data={**staged.data, "headers": dict(ctx.http.headers)})


def test_a_stored_secret_is_caught(bench_of: Callable[..., Bench]) -> None:
    with pytest.raises(AssertionError):
        SUITE.test_no_secret_shows_in_repr_profile_or_stage(bench_of(StoresTheToken()))


class AsksTwice(BlueskyPlatform):
    async def publish(self, staged: Staged, ctx: PublishContext) -> PublishResult:
        await super().find(staged, ctx)
        return await super().publish(staged, ctx)


def test_more_than_the_irreversible_request_is_caught(bench_of: Callable[..., Bench]) -> None:
    with pytest.raises(AssertionError):
        SUITE.test_publish_sends_exactly_one_request(bench_of(AsksTwice()))


class EmptiesTheGrant(BlueskyPlatform):
    def parse_refresh(self, answer: HttpAnswer) -> Grant:
        if answer.status == 200:
            return Grant(access_token="")
        return super().parse_refresh(answer)


def test_a_grant_made_of_nothing_is_caught(bench_of: Callable[..., Bench]) -> None:
    with pytest.raises(pytest.fail.Exception):
        SUITE.test_refresh_tells_revoked_from_passing(bench_of(EmptiesTheGrant()))


class OpenOptions(msgspec.Struct, frozen=True):
    langs: tuple[str, ...] = ()


class DeclaresBadly(BlueskyPlatform):
    key = "blue"
    options = OpenOptions

    def limits(self, account: Account | None) -> Limits:  # noqa: ARG002 - as the protocol has it
        return Limits(text=TextRule(max_length=0))

    def find(  # type: ignore[override]  # the wrong signature is the fault
        self, staged: Staged
    ) -> FindResult:
        return Absent(proof=str(staged))


@pytest.mark.parametrize(
    "rule",
    [
        SUITE.test_signatures_are_those_of_the_protocols,
        SUITE.test_key_manifest_and_entry_point_agree,
        SUITE.test_limits_are_sane,
        SUITE.test_options_are_a_closed_frozen_struct,
    ],
)
def test_a_bad_declaration_is_caught(
    bench_of: Callable[..., Bench], rule: Callable[[Bench], None]
) -> None:
    with pytest.raises(AssertionError):
        rule(bench_of(DeclaresBadly()))


def test_a_network_call_at_import_is_caught(
    bench_of: Callable[..., Bench], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talkative_plugin.py").write_text(
        "import socket\nsocket.create_connection(('127.0.0.1', 9))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(pytest.fail.Exception, match="touched at import"):
        SUITE.test_import_touches_no_network(bench_of(BlueskyPlatform(), "talkative_plugin"))
