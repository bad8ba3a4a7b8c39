"""A post's story in the words of the demonstration."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mpcas2_server.demo.timeline import Interference, in_few_words, last_line, timeline

BEGAN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


def attempt(kind: str, outcome: str | None, start: float, *, part: int = 0) -> dict[str, Any]:
    made = {"part": part, "kind": kind, "worker": "my-host-4711-ab12", "startedAt": at(start)}
    if kind == "publish":
        made["markedAt"] = at(start + 0.1)
    if outcome is not None:
        made |= {"outcome": outcome, "finishedAt": at(start + 0.2)}
    return made


def job(
    *attempts: dict[str, Any], parts: int = 1, due: float = 0, out: float = 1
) -> dict[str, Any]:
    return {
        "state": "published",
        "createdAt": at(0),
        "scheduledAt": at(due),
        "publishedAt": at(out),
        "parts": [{}] * parts,
        "attempts": list(attempts),
    }


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (job(attempt("publish", "published", 0)), "sent once"),
        (
            job(attempt("publish", "published", 8), due=8, out=8.05),
            "begun 0 ms after its time",
        ),
        (
            job(*(attempt("publish", "published", n, part=n) for n in range(3)), parts=3),
            "3 parts in order",
        ),
        (
            job(attempt("publish", "unknown", 0), attempt("find", "found", 1)),
            "answer lost; network asked: it was there",
        ),
        (
            job(attempt("publish", "unreported", 0), attempt("find", "found", 1)),
            "worker killed; network asked: it was there",
        ),
        (
            job(
                attempt("publish", "unreported", 0),
                attempt("find", "absent", 1),
                attempt("publish", "published", 2),
            ),
            "worker killed; asked: not there, sent again",
        ),
        (
            job(attempt("publish", "interrupted", 0), attempt("publish", "published", 1)),
            "worker killed before it sent",
        ),
        (
            job(attempt("publish", "rate_limited", 0), attempt("publish", "published", 3)),
            "429: waited, then sent",
        ),
        (
            job(
                attempt("publish", "unavailable", 0),
                attempt("publish", "accepted", 1),
                attempt("poll", "published", 6),
                out=6.2,
            ),
            "line cut: went on where it was; processed for 5 s",
        ),
        (
            job(attempt("publish", "preparing", 0), attempt("publish", "published", 3), out=3.2),
            "processed for 3 s",
        ),
    ],
)
def test_a_story_is_summed_up_in_words_that_fit_the_table(
    story: dict[str, Any], words: str
) -> None:
    assert in_few_words(story) == words
    assert len(words) <= 56


def test_a_story_is_told_in_the_order_of_time_with_what_was_done_from_outside() -> None:
    story = job(attempt("publish", "unreported", 0.5), attempt("find", "found", 3))
    killed = Interference(at=BEGAN + timedelta(seconds=0.65), told="worker 4711 is killed")
    lines = timeline(story, [killed])
    assert [round(line.seconds, 2) for line in lines] == [0, 0.5, 0.6, 0.65, 0.7, 3, 3.2]
    assert [line.told for line in lines][:4] == [
        "handed in",
        "worker 4711 prepares it",
        "writes the mark (from here on it may be out), then sends it",
        "worker 4711 is killed",
    ]
    assert last_line(story, [killed]).startswith("it is there")


def test_a_post_on_schedule_says_how_long_it_waits() -> None:
    assert last_line(job(due=8)) == "handed in, to go out in 8 s"


def test_a_thread_has_a_line_for_each_part() -> None:
    story = job(attempt("publish", "published", 0), attempt("publish", None, 1, part=1), parts=2)
    assert [line.told for line in timeline(story)][1:] == [
        "part 1 of 2: published",
        "part 2 of 2: under way",
    ]


def test_an_outcome_that_was_not_foreseen_is_told_with_its_message() -> None:
    refused = attempt("publish", "rejected", 0) | {"message": "Too long."}
    assert last_line(job(refused)) == "rejected: Too long."


def test_what_the_network_does_after_it_took_a_post_is_told() -> None:
    story = job(attempt("publish", "accepted", 0), attempt("poll", "published", 5))
    assert [line.told for line in timeline(story)][-2:] == [
        "the network has it whole and works on it",
        "asked again: it is ready and public",
    ]


def test_a_post_that_is_not_out_is_not_told_of_as_if_it_were() -> None:
    story = job(attempt("publish", "rejected", 0), parts=3) | {"state": "failed"}
    assert in_few_words(story) == "ended as failed"
