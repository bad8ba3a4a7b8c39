"""What an adapter returned or raised, and what the job becomes: the rules without any server."""

from __future__ import annotations

import math
from uuid import UUID

import pytest

from mpcas2_core.accounts.store import LatePolicy
from mpcas2_core.publishing import answers, outcomes
from mpcas2_core.publishing.ledger import PartRow, Work
from mpcas2_core.publishing.patience import Patience
from mpcas2_core.publishing.settlement import Settlement, storable
from mpcas2_hookspecs import (
    Absent,
    Account,
    CannotTell,
    Found,
    NotReady,
    OutcomeUnknown,
    PlatformError,
    Published,
    RateLimited,
    Rejected,
    StillDeciding,
    Unauthorized,
    Unavailable,
)

PATIENCE = Patience(first=1.0, longest=60.0, max_failures=3)
STAGED = {"rkey": "3abc"}


def work(
    kind: str = "publish",
    *,
    staged: dict[str, str] | None = None,
    failures: int = 0,
    last_outcome: str | None = None,
    sent_ago: float | None = None,
    is_last: bool = True,
) -> Work:
    state = {"publish": "pending", "find": "sent", "poll": "accepted"}[kind]
    return Work(
        attempt_id=UUID(int=1),
        kind=kind,  # type: ignore[arg-type]  # one of the three
        part=PartRow(position=0, text="Hi", media=(), state=state, staged=staged),  # type: ignore[arg-type]  # as above
        earlier=(),
        is_last=is_last,
        ends_post=is_last,
        account=Account(id="1", platform="p", platform_account_id="a", username="u"),
        account_status="connected",
        account_reason=None,
        grant=None,
        options={},
        failures=failures,
        last_outcome=last_outcome,
        sent_ago=sent_ago,
        late_by=None,
        late_policy=LatePolicy(),
    )


class OwnError(PlatformError):
    """An adapter invents an error that is none of the five."""


@pytest.mark.parametrize(
    "error",
    [
        OutcomeUnknown("?"),
        PlatformError("?"),
        OwnError("?"),
        NotReady("?"),
        ValueError("?"),
        TimeoutError(),
    ],
)
def test_what_is_unclear_after_the_mark_is_looked_for_and_never_repeated(error: Exception) -> None:
    result = outcomes.failed(work(), error, PATIENCE)
    assert (result.outcome, result.part_state) == ("unknown", "sent")
    assert result.keeps_staged
    assert result.continues
    assert result.job_state is None


@pytest.mark.parametrize(
    "error", [OwnError("?"), Unavailable("?"), RateLimited("?"), ValueError("?")]
)
def test_a_question_that_fails_leaves_the_part_sent(error: Exception) -> None:
    result = outcomes.failed(work("find", staged=STAGED), error, PATIENCE)
    assert (result.part_state, result.job_state) == ("sent", "retrying")
    assert result.keeps_staged


@pytest.mark.parametrize("error", [Rejected("no"), Unauthorized("no"), Unavailable("no")])
def test_a_question_that_cannot_be_answered_never_ends_as_failed(error: Exception) -> None:
    result = outcomes.failed(work("find", staged=STAGED, failures=2), error, PATIENCE)
    assert (result.part_state, result.job_state) == ("unconfirmed", "unconfirmed")
    assert result.needs_attention
    assert result.keeps_staged


def test_a_refusal_of_a_fresh_post_is_final_and_says_why() -> None:
    result = outcomes.failed(work(), Rejected("Too long."), PATIENCE)
    assert (result.job_state, result.message, result.error_code) == (
        "failed",
        "Too long.",
        "REJECTED",
    )


def test_a_refusal_of_a_repeat_is_looked_into_before_anything_is_made_anew() -> None:
    refused = outcomes.failed(work(staged=STAGED), Rejected("Duplicate."), PATIENCE)
    assert (refused.part_state, refused.continues, refused.keeps_staged) == ("sent", True, True)
    looked = work("find", staged=STAGED, last_outcome="rejected")
    there = answers.found(looked, Found(post=Published(id="1")), PATIENCE)
    assert there.job_state == "published"
    gone = answers.found(looked, Absent(proof="no such key"), PATIENCE)
    assert (gone.part_state, gone.continues, gone.keeps_staged) == ("pending", True, False)


def test_what_is_absent_is_sent_again_the_very_same_and_in_the_end_waits_for_a_person() -> None:
    first = answers.found(work("find", staged=STAGED), Absent(proof="none"), PATIENCE)
    assert (first.part_state, first.continues, first.keeps_staged) == ("pending", True, True)
    later = answers.found(work("find", staged=STAGED, failures=1), Absent(proof="none"), PATIENCE)
    assert (later.job_state, later.continues, later.keeps_staged) == ("retrying", False, True)
    assert later.next_after is not None
    last = answers.found(work("find", staged=STAGED, failures=2), Absent(proof="none"), PATIENCE)
    assert (last.job_state, last.needs_attention, last.keeps_staged) == ("failed", True, True)


def test_cannot_tell_asks_a_person() -> None:
    result = answers.found(work("find", staged=STAGED), CannotTell(reason="Look."), PATIENCE)
    assert (result.job_state, result.needs_attention) == ("unconfirmed", True)
    assert result.message is not None
    assert "confirm" in result.message


def test_a_passing_fault_of_a_repeat_keeps_what_was_sent_before() -> None:
    result = outcomes.failed(work(staged=STAGED), Unavailable("down"), PATIENCE)
    assert (result.part_state, result.keeps_staged) == ("pending", True)
    fresh = outcomes.failed(work(), Unavailable("down"), PATIENCE)
    assert not fresh.keeps_staged


def test_a_rate_limit_waits_as_told_and_is_no_failure() -> None:
    result = outcomes.failed(work(failures=2), RateLimited("slow", retry_after=30), PATIENCE)
    assert result.next_after is not None
    assert 30 <= result.next_after <= 33
    assert result.failures == 2


def test_a_network_that_never_decides_ends_with_a_person() -> None:
    waiting = answers.deciding(work("poll", sent_ago=60.0), StillDeciding())
    assert (waiting.part_state, waiting.job_state) == ("accepted", "accepted")
    over = answers.deciding(work("poll", sent_ago=90_000.0), StillDeciding())
    assert (over.part_state, over.job_state) == ("unconfirmed", "unconfirmed")


def test_a_part_of_a_thread_does_not_finish_the_job() -> None:
    result = answers.published(work(is_last=False), Published(id="1"))
    assert result.job_state is None
    assert result.continues


@pytest.mark.parametrize("pause", [1e20, math.inf, math.nan, -5.0])
def test_every_time_to_wait_can_be_stored(pause: float) -> None:
    result = storable(Settlement(outcome="o", part_state="pending", next_after=pause))
    assert result.next_after is not None
    assert 0 <= result.next_after <= 86_400


def test_whatever_a_network_says_can_be_stored_and_holds_no_secret() -> None:
    result = storable(
        Settlement(
            outcome="o",
            part_state="published",
            message="bad \x00 \ud800 Bearer abcdefghijklmnop",
            answer={"ke\x00y": "v\ud800", "n": math.nan, "accessJwt": "eyJhbGciOi.abc.def"},
            post=Published(id="i\x00", url=None, data={"cid": "\udfff"}),
        )
    )
    told = f"{result.message} {result.answer} {result.post}"
    told.encode()
    assert "\x00" not in told
    assert "abcdefghijklmnop" not in told
    assert "eyJ" not in told
    assert result.answer is not None
    assert result.answer["n"] is None


@pytest.mark.parametrize("kind", ["find", "poll"])
def test_not_ready_to_a_question_never_undoes_the_mark(kind: str) -> None:
    result = outcomes.failed(work(kind, staged=STAGED), NotReady("?"), PATIENCE)
    assert result.part_state == {"find": "sent", "poll": "accepted"}[kind]
    assert result.keeps_staged


def test_a_network_that_prepares_frees_the_worker_and_not_for_ever() -> None:
    error = NotReady("X is processing the file.", check_after=3.0)
    first = outcomes.preparing(work(failures=2), error, 0.0)
    assert (first.job_state, first.next_after, first.failures) == ("processing", 3.0, 2)
    assert not first.needs_attention
    last = outcomes.preparing(work(), error, 25 * 3600.0)
    assert (last.job_state, last.next_after, last.needs_attention) == ("failed", None, True)


def test_what_is_public_but_not_as_wished_is_told() -> None:
    post = Published(id="1", data={"warnings": ["It is not in the playlist."]})
    assert answers.published(work(), post).message == "It is not in the playlist."
    assert answers.published(work(), Published(id="1")).message is None
    assert answers.published(work(), post).warnings == ("It is not in the playlist.",)


@pytest.mark.parametrize(
    ("asked", "again_after", "state", "pause"),
    [
        (0, 15.0, "retrying", 15.0),
        (4, 15.0, "retrying", 15.0),
        (5, 15.0, "unconfirmed", None),
        (0, 0.0, "retrying", 1.0),
        (0, None, "unconfirmed", None),
    ],
)
def test_a_network_that_may_tell_later_is_asked_five_times_more(
    asked: int, again_after: float | None, state: str, pause: float | None
) -> None:
    said = CannotTell(reason="Look.", ask_again_after=again_after)
    result = answers.found(work("find", staged=STAGED), said, PATIENCE, asked=asked)
    assert (result.job_state, result.next_after) == (state, pause)
    assert result.part_state == ("unconfirmed" if state == "unconfirmed" else "sent")
    assert result.keeps_staged


def test_what_the_network_takes_back_is_prepared_anew() -> None:
    result = outcomes.failed(work("poll", staged=STAGED), Rejected("No."), PATIENCE)
    assert (result.job_state, result.part_state, result.error_code) == (
        "failed",
        "pending",
        "REJECTED",
    )
    assert (result.keeps_staged, result.forgets_journal) == (False, True)
    assert str(result.message).startswith("No. The network had accepted the post")
