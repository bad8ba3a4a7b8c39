from __future__ import annotations

import pytest

from mpcas2_server.cli.jobs import _STATES
from mpcas2_server.cli.output import STATE_STYLES, clean, print_table
from mpcas2_server.cli.story import next_steps, print_story, story_of

JOB = {
    "id": "01a208d1-306c-7238-8acd-93e2c8768395",
    "platform": "bluesky",
    "username": "ada.example",
    "state": "unconfirmed",
    "createdAt": "2026-12-01T07:59:00Z",
    "scheduledAt": "2026-12-01T08:00:00Z",
    "error": {"code": "OUTCOME_UNKNOWN", "message": "The answer was lost. " * 6},
    "parts": [
        {"index": 0, "text": "Hello \x1b[2J" + "word " * 40, "state": "unconfirmed", "media": []}
    ],
    "attempts": [
        {
            "id": "a",
            "part": 0,
            "kind": "publish",
            "worker": "host-1",
            "startedAt": "2026-12-01T08:00:00.5Z",
            "markedAt": "2026-12-01T08:00:01Z",
            "finishedAt": "2026-12-01T08:00:21.25Z",
            "durationMs": 20750,
            "outcome": "unknown",
            "message": "no answer within 20 s",
            "lateAt": "2026-12-02T09:00:00Z",
            "lateOutcome": "published",
        }
    ],
    "events": [{"at": "2026-12-01T08:00:00.25Z", "kind": "claimed", "message": "by host-1"}],
}


def test_a_story_is_told_in_the_order_of_time() -> None:
    assert [line.what for line in story_of(JOB)] == [
        "created",
        "claimed",
        "publish begins",
        "mark",
        "unknown",
        "late answer",
    ]


def test_a_story_fits_80_columns_and_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_story(JOB)
    out = capsys.readouterr().out
    assert "jobs confirm" in out
    assert "jobs repost" in out
    assert "\x1b" not in out
    lines = [line for line in out.splitlines() if not line.startswith("Problem: ")]
    assert max(map(len, lines)) <= 80


def test_published_posts_ask_for_nothing() -> None:
    assert next_steps({**JOB, "state": "published"}) == ""


def test_a_pipe_gets_one_line_per_row_with_tabs(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["ID", "STATE"], [["1", "a\tb\nc"], ["2", "x" * 300]], empty="none")
    assert capsys.readouterr().out.splitlines() == ["ID\tSTATE", "1\ta b c", f"2\t{'x' * 300}"]


def test_an_empty_list_leaves_standard_output_empty_for_a_pipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_table(["ID"], [], empty="There is nothing.")
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "There is nothing.\n")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain", "plain"),
        ("a\nb", "a\nb"),
        ("a\x1b[31mb", "a [31mb"),
        ("a\rb\x07", "a b "),
        ("a\u202eb", "ab"),
        ("\U0001f469\u200d\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("a\udce9b", "ab"),
    ],
)
def test_control_characters_are_taken_out(given: str, expected: str) -> None:
    assert clean(given) == expected


def test_every_state_of_a_job_has_a_colour() -> None:
    assert set(_STATES) <= STATE_STYLES.keys()
