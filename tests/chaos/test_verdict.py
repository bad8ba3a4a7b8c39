"""The judge of a storm sees what is wrong, each thing by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from tests.chaos.storm_plan import PlannedPost
from tests.chaos.verdict import Asked, judge

from mpcas2_core.publishing.jobs import JobRow
from mpcas2_core.publishing.story import Attempt, PartStory, Story

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TEXTS = ("thread 00001 part 0 #storm", "thread 00001 part 1 #storm")
URIS = ("at://did:one/app.bsky.feed.post/a", "at://did:one/app.bsky.feed.post/b")


def attempt(position: int, outcome: str | None, *, kind: str = "publish") -> Attempt:
    return Attempt(
        id=uuid4(),
        position=position,
        kind=kind,
        worker="w",
        started_at=NOW,
        marked_at=NOW if kind == "publish" else None,
        finished_at=NOW if outcome else None,
        outcome=outcome,
        message=None,
        code=None,
        answer=None,
        late_outcome=None,
        late_answer=None,
        late_at=None,
    )


def part(position: int, *, state: str = "published") -> PartStory:
    return PartStory(
        position=position,
        text=TEXTS[position],
        state=state,
        media=[],
        post_id=URIS[position],
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
        platform_post_id=URIS[0],
        platform_post_url=None,
        published_at=NOW,
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


def good_network() -> list[dict[str, Any]]:
    first, second = ({"uri": uri, "cid": f"cid of {uri}", "did": "did:one"} for uri in URIS)
    ref = {"uri": first["uri"], "cid": first["cid"]}
    answer = {"text": TEXTS[1], "reply": {"root": ref, "parent": ref}}
    return [{**first, "record": {"text": TEXTS[0]}}, {**second, "record": answer}]


def problems_of(
    story: Story, network: list[dict[str, Any]], *, edits: int = 0, due: int = 0
) -> str:
    post = PlannedPost(tenant=0, account=0, kind="thread", texts=TEXTS)
    asked = [Asked(post=post, did="did:one", story=story)]
    return "\n".join(judge(asked, network, edits=edits, due=due))


def test_a_good_end_has_no_problems() -> None:
    assert problems_of(good_story(), good_network()) == ""


def without_reply(network: list[dict[str, Any]]) -> list[dict[str, Any]]:
    del network[1]["record"]["reply"]
    return network


def elsewhere(network: list[dict[str, Any]]) -> list[dict[str, Any]]:
    network[0]["did"] = "did:two"
    return network


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda network: [*network, network[0]], "parts [2, 1] times"),
        (lambda network: network[:1], "parts [1, 0] times"),
        (lambda network: [*network, {"record": {"text": "?"}}], "3 posts, not 2"),
        (without_reply, "does not answer"),
        (elsewhere, "not on the account did:one"),
    ],
)
def test_a_wrong_network_is_told(
    harm: Callable[[list[dict[str, Any]]], list[dict[str, Any]]], words: str
) -> None:
    assert words in problems_of(good_story(), harm(good_network()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"job": job("processing")}, "is processing"),
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
        (
            {"attempts": (attempt(0, "found", kind="find"), attempt(1, "published"))},
            "part 0: published without a mark",
        ),
        ({"attempts": (attempt(1, "published"), attempt(0, "published"))}, "begun before"),
    ],
)
def test_a_wrong_story_is_told(changes: dict[str, Any], words: str) -> None:
    assert words in problems_of(good_story(**changes), good_network())


def test_edits_and_due_rows_are_told() -> None:
    told = problems_of(good_story(), good_network(), edits=1, due=2)
    assert "1 posts were changed" in told
    assert "2 rows are left in the due index" in told
