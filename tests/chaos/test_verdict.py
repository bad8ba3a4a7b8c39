"""The judge of a storm sees what is wrong, each thing by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.chaos.outcome_table import count
from tests.chaos.storm_networks import SeenPost
from tests.chaos.storm_plan import BIG_TENANT, SMALL_TENANT, PlannedPost, PostKind
from tests.chaos.verdict import Asked, judge, judge_order

from mpcas2_core.publishing.jobs import JobRow
from mpcas2_core.publishing.story import Attempt, PartStory, Story

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TEXTS = ("thread 00001 part 0 #storm", "thread 00001 part 1 #storm")
IDS = ("1", "2")


def attempt(
    position: int, outcome: str | None, *, kind: str = "publish", late: str | None = None
) -> Attempt:
    return Attempt(
        id=uuid4(),
        position=position,
        kind=kind,
        worker="w",
        started_at=NOW,
        marked_at=NOW if kind == "publish" else None,
        finished_at=NOW if outcome else None,
        outcome=outcome,
        message=None if outcome == "published" else "What happened.",
        code=None,
        answer=None,
        late_outcome=late,
        late_answer=None,
        late_at=None,
    )


def part(position: int, *, state: str = "published") -> PartStory:
    return PartStory(
        position=position,
        text=TEXTS[position],
        state=state,
        media=[],
        post_id=IDS[position] if state == "published" else None,
        post_url=None,
        published_at=NOW,
    )


def job(state: str = "published") -> JobRow:
    return JobRow(
        id=UUID(int=1),
        user_id=UUID(int=2),
        content_id=UUID(int=3),
        social_account_id=UUID(int=4),
        platform="bluesky",
        username="one.test",
        scheduled_at=NOW,
        state=state,
        needs_attention=False,
        metadata={},
        options={},
        next_attempt_at=None,
        error_code=None,
        error_message=None,
        platform_post_id=IDS[0],
        platform_post_url=None,
        published_at=NOW,
        deleted_at=None,
        created_at=NOW,
        updated_at=NOW,
    )


def good_story(**changes: Any) -> Story:
    story = Story(
        job=job(),
        parts=(part(0), part(1)),
        attempts=(
            attempt(0, "unreported"),
            attempt(0, "found", kind="find"),
            attempt(1, "published"),
        ),
        events=(),
    )
    return msgspec.structs.replace(story, **changes)


def unconfirmed_story(**changes: Any) -> Story:
    """Of a thread at X: the first part is public, nobody knows about the second."""
    asking = msgspec.structs.replace(
        job("unconfirmed"),
        needs_attention=True,
        error_code="UNCONFIRMED",
        error_message="Nobody can tell.",
    )
    return good_story(
        **{
            "job": asking,
            "parts": (part(0), part(1, state="unconfirmed")),
            "attempts": (
                attempt(0, "published"),
                attempt(1, "unknown"),
                attempt(1, "cannot_tell", kind="find"),
            ),
            **changes,
        }
    )


def good_network() -> list[SeenPost]:
    return [
        SeenPost(id=IDS[0], text=TEXTS[0], account="one"),
        SeenPost(id=IDS[1], text=TEXTS[1], account="one", parent=IDS[0], root=IDS[0]),
    ]


def changed(number: int, **changes: Any) -> Callable[[list[SeenPost]], list[SeenPost]]:
    """Makes a harm that changes one post of a network."""

    def harm(network: list[SeenPost]) -> list[SeenPost]:
        network[number] = msgspec.structs.replace(network[number], **changes)
        return network

    return harm


def asked_for(
    story: Story,
    *,
    network: str = "bluesky",
    kind: PostKind = "thread",
    texts: tuple[str, ...] = TEXTS,
    tenant: int = BIG_TENANT,
) -> Asked:
    post = PlannedPost(network=network, tenant=tenant, account=0, kind=kind, texts=texts)
    return Asked(post=post, account="one", story=story, sha256="a")


def problems_of(
    story: Story, seen: list[SeenPost], *, network: str = "bluesky", edits: int = 0, due: int = 0
) -> str:
    asked = [asked_for(story, network=network)]
    return "\n".join(judge(asked, {network: seen}, changed=edits, due=due))


@pytest.mark.parametrize("network", ["bluesky", "twitter", "youtube"])
def test_a_good_end_has_no_problems(network: str) -> None:
    assert problems_of(good_story(), good_network(), network=network) == ""


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda network: [*network, network[0]], "parts [2, 1] times"),
        (lambda network: network[:1], "parts [1, 0] times"),
        (
            lambda network: [*network, SeenPost(id="3", text="?", account="one")],
            "'?', for which nobody asked",
        ),
        (changed(1, parent=None, root=None), "does not answer"),
        (changed(1, root="7"), "does not answer"),
        (changed(0, account="two"), "not on the account one"),
        (changed(0, id="8"), "the product tells of ['1', '2']"),
        (changed(0, files=1), "1 files"),
    ],
)
@pytest.mark.parametrize("network", ["bluesky", "twitter"])
def test_a_wrong_network_is_told(
    harm: Callable[[list[SeenPost]], list[SeenPost]], words: str, network: str
) -> None:
    assert words in problems_of(good_story(), harm(good_network()), network=network)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"job": job("processing")}, "is processing"),
        ({"job": job("failed")}, "is failed"),
        ({"parts": (part(0), part(1, state="sent"))}, "parts are ['published', 'sent']"),
        (
            {"attempts": (attempt(0, "published"), attempt(1, None))},
            "part 1: an attempt has no outcome",
        ),
        (
            {"attempts": (attempt(0, "published"), attempt(0, "published"))},
            "the outcomes are ['published', 'published']",
        ),
        (
            {"attempts": (attempt(0, "published"), attempt(1, "unknown"))},
            "the outcomes are ['unknown']",
        ),
        ({"attempts": (attempt(0, "published"),)}, "part 1: the outcomes are []"),
        (
            {"attempts": (attempt(0, "found", kind="find"), attempt(1, "published"))},
            "part 0: published without a mark",
        ),
        ({"attempts": (attempt(1, "published"), attempt(0, "published"))}, "begun before"),
        (
            {
                "attempts": (
                    msgspec.structs.replace(attempt(0, "unreported"), message=None),
                    attempt(0, "found", kind="find"),
                    attempt(1, "published"),
                )
            },
            "part 0: an attempt has no words",
        ),
    ],
)
@pytest.mark.parametrize("network", ["bluesky", "twitter"])
def test_a_wrong_story_is_told(changes: dict[str, Any], words: str, network: str) -> None:
    assert words in problems_of(good_story(**changes), good_network(), network=network)


def test_a_late_report_may_settle_what_was_unclear() -> None:
    attempts = (
        attempt(0, "published"),
        attempt(1, "unreported", late="published"),
        attempt(1, "cannot_tell", kind="find"),
    )
    assert problems_of(good_story(attempts=attempts), good_network(), network="twitter") == ""


@pytest.mark.parametrize("public", [1, 2])
def test_an_unconfirmed_part_at_x_may_be_there_or_not(public: int) -> None:
    assert problems_of(unconfirmed_story(), good_network()[:public], network="twitter") == ""


@pytest.mark.parametrize("network", ["bluesky", "youtube"])
def test_nothing_stays_unconfirmed_where_find_always_tells(network: str) -> None:
    assert "is unconfirmed" in problems_of(unconfirmed_story(), good_network(), network=network)


@pytest.mark.parametrize(
    ("changes", "public", "words"),
    [
        ({"job": job("unconfirmed")}, 1, "asks nobody"),
        ({"job": job("failed")}, 1, "is failed"),
        ({}, 0, "part 1 is unconfirmed, the network has [0, 0]"),
        (
            {"parts": (part(0, state="unconfirmed"), part(1, state="pending"))},
            2,
            "part 0 is unconfirmed, the network has [1, 1]",
        ),
        ({"parts": (part(0), part(1, state="sent"))}, 1, "parts are ['published', 'sent']"),
        (
            {"parts": (part(0, state="unconfirmed"), part(1, state="pending"))},
            1,
            "part 1: pending, and it may have been sent",
        ),
        (
            {"attempts": (attempt(0, "published"), attempt(1, "published"))},
            1,
            "part 1: unconfirmed, and the outcomes are ['published']",
        ),
    ],
)
def test_a_wrong_unconfirmed_job_is_told(changes: dict[str, Any], public: int, words: str) -> None:
    told = problems_of(unconfirmed_story(**changes), good_network()[:public], network="twitter")
    assert words in told


def test_a_file_with_other_bytes_is_told() -> None:
    asked = [asked_for(good_story(parts=(part(0),)), kind="video", texts=TEXTS[:1])]
    seen = SeenPost(id=IDS[0], text=TEXTS[0], account="one", files=1, sha256=("b",))
    told = judge(asked, {"bluesky": [seen]}, changed=0, due=0)
    assert told == (f"bluesky {TEXTS[0]}: its file has other bytes",)


def test_edits_and_due_rows_are_told() -> None:
    told = problems_of(good_story(), good_network(), edits=1, due=2)
    assert "1 posts were changed" in told
    assert "2 rows are left in the due index" in told


@pytest.mark.parametrize(("served", "fair"), [(range(5), True), (range(15, 20), False)])
def test_a_small_tenant_behind_the_big_one_is_told(served: range, *, fair: bool) -> None:
    tenants = [SMALL_TENANT if number in served else BIG_TENANT for number in range(20)]
    asked = [
        asked_for(good_story(), texts=(str(number),), tenant=tenant)
        for number, tenant in enumerate(tenants)
    ]
    seen = [SeenPost(id=str(number), text=str(number), account="one") for number in range(20)]
    assert (judge_order(asked, {"bluesky": seen}) == ()) is fair


def test_the_table_counts_each_end() -> None:
    twice = good_network()
    asked = [asked_for(story, network="twitter") for story in (good_story(), unconfirmed_story())]
    assert [
        (table.once, table.unconfirmed, table.unconfirmed_public, table.twice, table.missing)
        for network in (twice, twice[:1], [*twice, twice[0]], [])
        for one in asked
        for table in [count([one], "twitter", {"twitter": network})]
    ] == [
        (1, 0, 0, 0, 0),
        (0, 1, 1, 0, 0),
        (0, 0, 0, 0, 1),
        (0, 1, 0, 0, 0),
        (0, 0, 0, 1, 0),
        (0, 1, 1, 1, 0),
        (0, 0, 0, 0, 1),
        (0, 1, 0, 0, 0),
    ]


def test_the_table_tells_why_jobs_failed() -> None:
    failed = msgspec.structs.replace(job("failed"), error_code="REJECTED", error_message="No.")
    table = count([asked_for(good_story(job=failed))], "bluesky", {"bluesky": []})
    assert table.failed == {"REJECTED: No.": 1}
