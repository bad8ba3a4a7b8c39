"""How posts are named on the command line, and how many columns their list takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest

IDS = [
    "01a208d1-306c-7238-8acd-93e2c8768395",
    "01a208d1-306c-7238-8acd-93e2c8111111",
    "01a208d1-306c-7238-8acd-000000111111",
]


def _job(job_id: str) -> dict[str, Any]:
    return {
        "id": job_id,
        "platform": "bluesky",
        "username": "alice.test",
        "state": "unconfirmed",
        "scheduledAt": "2026-12-01T08:00:00Z",
    }


@pytest.fixture
def jobs(signed_in_there: Any) -> Any:
    """The small server with three posts; a post asked for by its id is told, too."""

    def reply(_method: str, path: str) -> tuple[int, bytes]:
        place = path.partition("?")[0].removeprefix("/api/v1/jobs")
        if place:
            return 200, json.dumps(_job(place.split("/")[1])).encode()
        data = [_job(one) for one in IDS]
        return 200, json.dumps({"data": data, "pagination": {"totalPages": 1}}).encode()

    signed_in_there.reply = reply
    return signed_in_there


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("latest", IDS[0]),
        ("768395", IDS[0]),
        ("93E2C8768395", IDS[0]),
        ("c8111111", IDS[1]),
        (IDS[2], IDS[2]),
    ],
)
def test_a_post_is_named_by_its_id_the_end_of_it_or_as_the_latest(
    named: str, meant: str, cli: Any
) -> None:
    assert cli("jobs", "show", named, "--json").json()["id"] == meant
    assert cli("jobs", "cancel", named, "--json").json()["id"] == meant


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(("named", "code"), [("111111", 2), ("999999", 4)])
def test_an_end_that_does_not_name_one_post_is_refused(named: str, code: int, cli: Any) -> None:
    refused = cli("jobs", "cancel", named, "--json")
    assert refused.code == code
    assert named in refused.error()["message"]


@pytest.mark.parametrize(
    ("facts", "note"),
    [
        ({}, ""),
        ({"needsAttention": True}, "needs you"),
        ({"warnings": ["The first comment could not be posted."]}, "see warning"),
        (
            {"warnings": ["It is not in the playlist."], "deletedAt": "2026-12-02T08:00:00Z"},
            "taken down",
        ),
    ],
)
def test_a_list_notes_what_the_state_does_not_tell(
    facts: dict[str, Any], note: str, jobs: Any, cli: Any
) -> None:
    data = [{**_job(IDS[0]), **facts}]
    listed = json.dumps({"data": data, "pagination": {"totalPages": 1}}).encode()
    jobs.reply = lambda _method, _path: (200, listed)
    heading, row = cli("jobs", "list").out.splitlines()
    assert heading.split("\t")[-1] == "NOTE"
    assert row.split("\t")[4:] == [note]


def test_a_story_tells_of_a_missing_first_comment_and_what_to_do(jobs: Any, cli: Any) -> None:
    warning = "The first comment could not be posted: Too long. `retry` sends the comment alone."
    story = {
        **_job(IDS[0]),
        "state": "published",
        "createdAt": "2026-12-01T07:00:00Z",
        "warnings": [warning],
        "parts": [
            {"index": 0, "role": "post", "text": "Hello", "state": "published", "media": []},
            {"index": 1, "role": "comment", "text": "More", "state": "pending", "media": []},
        ],
        "attempts": [
            {
                "part": 1,
                "kind": "publish",
                "worker": "w",
                "startedAt": "2026-12-01T08:00:01Z",
                "finishedAt": "2026-12-01T08:00:02Z",
                "outcome": "rejected",
                "message": "Too long.",
            }
        ],
    }
    jobs.reply = lambda _method, _path: (200, json.dumps(story).encode())
    out = " ".join(cli("jobs", "show", IDS[0]).out.split())
    assert f"Warning: {warning}" in out
    assert "First comment pending More" in out
    assert "publish of first comment: Too long." in out
    assert f"`mpcas2 jobs retry {IDS[0]}`" in out


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize(("columns", "shown"), [("80", IDS[0][-12:]), ("140", IDS[0])])
def test_a_post_takes_one_line_of_a_terminal(
    columns: str, shown: str, jobs: Any, tmp_path: Path
) -> None:
    assert jobs
    ours, theirs = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mpcas2_server.cli", "jobs", "list"],
            env={"MPCAS2_HOME": str(tmp_path / "home"), "TERM": "xterm", "COLUMNS": columns},
            stdout=theirs,
            check=False,
        )
        lines = click.unstyle(os.read(ours, 65536).decode()).splitlines()
    finally:
        os.close(theirs)
        os.close(ours)
    assert done.returncode == 0
    assert len(lines) == 1 + len(IDS)
    assert lines[1].startswith(f"{shown} ")
    assert "bluesky:@alice.test" in lines[1]
