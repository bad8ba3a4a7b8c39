"""Following posts and acting on them, by commands and requests."""

from __future__ import annotations

import os
import pty
import subprocess

import pytest
from tests.outside.installation import COMMAND, COMMAND_SECONDS
from tests.outside.person import Person

from mpcas2_sandbox import SandboxProcess
from mpcas2_sandbox.faults import FaultRule

NEXT_YEARS = "2030-06-01T12:00:00Z"


def on_a_terminal(person: Person, *arguments: str, columns: int = 80) -> list[str]:
    """Runs a command on a terminal of that width and gives the lines that it shows."""
    person.cli("whoami")
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            env={**person.environment, "COLUMNS": str(columns), "NO_COLOR": "1", "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:
                # Linux says EIO when the last one on the other side is gone.
                break
            if not piece:
                break
            shown += piece
        assert process.wait(COMMAND_SECONDS) == 0, shown
    finally:
        os.close(ours)
    text = shown.decode()
    for mark in ("\x1b[1m", "\x1b[0m", "\x1b[2m"):
        text = text.replace(mark, "")
    return text.splitlines()


def test_list_and_story_fit_80_columns(person: Person) -> None:
    done = person.publish("Shown on a narrow terminal")
    person.wait(done["id"], "published")
    person.publish("Not yet", scheduleAt=NEXT_YEARS)
    listed = on_a_terminal(person, "jobs", "list")
    story = on_a_terminal(person, "jobs", "show", done["id"])
    assert max(map(len, [*listed, *story])) <= 80
    row = next(line for line in listed if line.startswith(done["id"][-12:]))
    assert "published" in row
    told = "\n".join(story)
    for words in ("Shown on a narrow terminal", "created", "publish begins", "mark", "published"):
        assert words in told


def test_list_filters_and_story_as_json(person: Person) -> None:
    out = person.publish("Out")
    person.wait(out["id"], "published")
    waiting = person.publish("Waiting", scheduleAt=NEXT_YEARS)
    listed = person.cli("jobs", "list", "--state", "scheduled", "--json").json()["data"]
    assert [one["id"] for one in listed] == [waiting["id"]]
    story = person.cli("jobs", "show", out["id"], "--json").json()
    assert [one["kind"] for one in story["attempts"]] == ["publish"]
    assert story["parts"][0]["state"] == "published"
    assert story["platformPostId"] == person.posts("Out")[0]["uri"]


def test_a_post_moved_nearer_goes_out_once(person: Person) -> None:
    job = person.publish("Moved", scheduleAt=NEXT_YEARS)
    moved = person.cli("jobs", "reschedule", job["id"], "--at", "in 1 s", "--json")
    assert moved.json()["state"] == "scheduled"
    person.wait(job["id"], "published")
    assert len(person.posts("Moved")) == 1


def test_a_cancelled_post_stays_away_and_is_cancelled_once(person: Person) -> None:
    job = person.publish("Never", scheduleAt=NEXT_YEARS)
    assert person.cli("jobs", "cancel", job["id"]).code == 0
    again = person.cli("jobs", "cancel", job["id"], "--json")
    assert (again.code, again.error()["code"]) == (5, "JOB_STATE")
    told = person.call("POST", f"/jobs/{job['id']}/cancel", {}, status=409)
    assert "retried" in told["error"]["message"] or "retry" in told["error"]["message"]
    assert person.posts() == []


def test_a_published_post_cannot_be_cancelled(person: Person) -> None:
    job = person.publish("Public")
    person.wait(job["id"], "published")
    refused = person.cli("jobs", "cancel", job["id"], "--json")
    assert (refused.code, refused.error()["code"]) == (5, "JOB_STATE")
    assert len(person.posts("Public")) == 1


def test_a_revoked_account_is_connected_again_and_its_post_retried(
    person: Person, network: SandboxProcess
) -> None:
    told = network.control.call("POST", f"accounts/{person.did}/revoke", {"password": True})
    job = person.publish("After all")
    failed = person.wait(job["id"])
    assert failed["state"] == "failed"
    account = person.call("GET", f"/social-accounts/{person.account_id}")
    assert account["status"] == "expired"
    assert account["statusReason"]
    by_name = person.cli("publish", "--text", "Too early", "--to", f"@{person.handle}", "--json")
    assert (by_name.code, by_name.error()["code"]) == (5, "ACCOUNT_NOT_CONNECTED")
    before, person.app_password = person.account_id, told["appPassword"]
    assert person.connect()["id"] == before
    retried = person.cli("jobs", "retry", job["id"], "--json")
    assert retried.code == 0, retried.err
    person.wait(job["id"], "published")
    assert len(person.posts("After all")) == 1


def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(
    person: Person, network: SandboxProcess
) -> None:
    network.control.add_fault(FaultRule(action="cut_after", path="putRecord"))
    job = person.publish("Lost answer")
    story = person.wait(job["id"])
    assert story["state"] == "published"
    assert [one["kind"] for one in story["attempts"]] == ["publish", "find"]
    assert len(person.posts("Lost answer")) == 1


def test_deleting_content_cancels_what_waits_and_names_it(person: Person) -> None:
    job = person.publish("Deleted", scheduleAt=NEXT_YEARS)
    told = person.cli("content", "delete", job["contentId"], "--json").json()
    assert told["cancelledJobs"] == [job["id"]]
    assert person.job(job["id"])["state"] == "cancelled"
    person.call("GET", f"/content/{job['contentId']}", status=404)
    assert person.posts() == []


def test_deleting_content_is_refused_while_it_is_being_sent(
    person: Person, network: SandboxProcess
) -> None:
    network.control.add_fault(FaultRule(action="hold_before", path="putRecord"))
    job = person.publish("Half way")
    (held,) = network.control.wait_held()
    refused = person.call("DELETE", f"/content/{job['contentId']}", status=409)
    assert refused["error"]["code"] == "CONTENT_IN_FLIGHT"
    network.control.release(held.id)
    person.wait(job["id"], "published")
    assert len(person.posts("Half way")) == 1


def test_a_network_that_refuses_ends_the_command_with_7(
    person: Person, network: SandboxProcess
) -> None:
    body = {"error": "InvalidRequest", "message": "Not today"}
    network.control.add_fault(
        FaultRule(action="status", path="putRecord", status=400, body=body, times=None)
    )
    refused = person.cli("publish", "--text", "Refused", "--wait")
    assert refused.code == 7
    assert "jobs retry" in refused.err
    assert person.posts() == []


@pytest.mark.parametrize("action", ["confirm", "repost"])
def test_only_an_unconfirmed_post_is_confirmed_or_reposted(person: Person, action: str) -> None:
    job = person.publish("Certain", scheduleAt=NEXT_YEARS)
    refused = person.cli("jobs", action, job["id"], "--json")
    assert (refused.code, refused.error()["code"]) == (5, "JOB_STATE")
    assert person.job(job["id"])["state"] == "scheduled"
