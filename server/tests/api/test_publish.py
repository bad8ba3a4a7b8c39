from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

LATER = "2030-01-31T09:00:00+01:00"


@pytest.fixture
def account(person: Any, bluesky: Any) -> Any:
    return bluesky.connect(person)


def request_for(person: Any, account: Any, **changes: Any) -> Any:
    body = {
        "contentId": person.text(),
        "accounts": [{"socialAccountId": account, "platform": "bluesky"}],
        "scheduleAt": LATER,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def publish(person: Any, account: Any, **changes: Any) -> Any:
    return person.http.post("/publish", json=request_for(person, account, **changes))


def scheduled(person: Any, account: Any) -> Any:
    answer = publish(person, account)
    assert answer.status_code == 202, answer.text
    return answer.json()["jobs"][0]


def test_a_post_is_scheduled_to_the_moment_that_was_said(person: Any, account: Any) -> None:
    job = scheduled(person, account)
    assert job["scheduledAt"] == "2030-01-31T08:00:00Z"
    assert (job["status"], job["state"], job["needsAttention"]) == ("scheduled", "scheduled", False)
    assert job["socialAccountId"] == account
    assert job["platform"] == "bluesky"
    assert None not in job.values()
    assert person.http.get("/jobs").json() == {
        "data": [job],
        "pagination": {"page": 1, "limit": 20, "total": 1, "totalPages": 1},
    }


@pytest.mark.parametrize("now", [{}, {"publishNow": True}])
def test_without_a_time_it_is_due_at_once(person: Any, account: Any, now: Any) -> None:
    before = datetime.now(UTC)
    answer = publish(person, account, scheduleAt=None, **now)
    assert answer.status_code == 202
    at = datetime.fromisoformat(answer.json()["jobs"][0]["scheduledAt"])
    assert before - timedelta(seconds=5) < at < datetime.now(UTC) + timedelta(seconds=5)
    (due,) = person.server.sql(
        "SELECT job_id FROM due_jobs WHERE tenant_id = $1::text::uuid", person.tenant_id
    )
    assert str(due["job_id"]) == answer.json()["jobs"][0]["id"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"scheduleAt": "2030-01-31T09:00:00"}, "OFFSET_REQUIRED", "scheduleAt"),
        ({"scheduleAt": "2020-01-31T09:00:00Z"}, "SCHEDULE_IN_PAST", "scheduleAt"),
        ({"scheduleAt": "0001-01-01T00:00:00+14:00"}, "SCHEDULE_IN_PAST", "scheduleAt"),
        ({"scheduleAt": "9999-12-31T23:59:59-14:00"}, "SCHEDULE_TOO_FAR", "scheduleAt"),
        ({"publishNow": True}, "VALIDATION_ERROR", "publishNow"),
        ({"publishNow": False, "scheduleAt": None}, "VALIDATION_ERROR", "scheduleAt"),
        ({"scheduleAt": 1893456000}, "VALIDATION_ERROR", "scheduleAt"),
        ({"scheduleAt": "2030-01-31"}, "VALIDATION_ERROR", "scheduleAt"),
        ({"scheduleAt": ""}, "VALIDATION_ERROR", "scheduleAt"),
    ],
)
def test_a_bad_time_is_refused_and_nothing_is_made(
    person: Any, account: Any, refused: Any, changes: Any, code: Any, field: Any
) -> None:
    error = refused(publish(person, account, **changes), 400, code)
    assert error["details"]["field"] == field
    assert person.rows("publish_jobs") == 0


def test_a_time_some_minutes_ago_is_forgiven(person: Any, account: Any) -> None:
    at = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()
    assert publish(person, account, scheduleAt=at).status_code == 202


@pytest.mark.parametrize(
    ("metadata", "word"),
    [
        ({"text": "x" * 301}, "300"),
        ({"media": [{"contentId": str(uuid4())}]}, "not there"),
        ({"options": {"colour": "red"}}, "colour"),
        ({"thread": [{"text": "x" * 301}]}, "300"),
    ],
)
def test_a_post_that_the_network_would_not_take_is_refused_with_every_reason(
    person: Any, account: Any, refused: Any, metadata: Any, word: Any
) -> None:
    error = refused(publish(person, account, metadata=metadata), 400, "POST_INVALID")
    assert any(word in problem["message"] for problem in error["details"]["problems"])
    assert person.rows("publish_jobs") == person.rows("publish_parts") == 0


def test_one_bad_account_among_good_ones_makes_no_job_at_all(
    person: Any, account: Any, refused: Any
) -> None:
    targets = [
        {"socialAccountId": account, "platform": "bluesky"},
        {"socialAccountId": str(uuid4()), "platform": "bluesky"},
    ]
    error = refused(publish(person, account, accounts=targets), 400, "POST_INVALID")
    assert error["details"]["problems"][0]["field"] == "accounts[1].socialAccountId"
    assert person.rows("publish_jobs") == 0


@pytest.mark.parametrize("platform", ["mastodon", "", "BLUESKY"])
def test_an_account_of_another_platform_is_refused(
    person: Any, account: Any, refused: Any, platform: Any
) -> None:
    targets = [{"socialAccountId": account, "platform": platform}]
    refused(publish(person, account, accounts=targets), 400, "POST_INVALID")


def test_an_account_named_twice_is_refused(person: Any, account: Any, refused: Any) -> None:
    targets = [{"socialAccountId": account, "platform": "bluesky"}] * 2
    refused(publish(person, account, accounts=targets), 400, "POST_INVALID")


def test_what_belongs_to_another_tenant_cannot_be_published(
    person: Any, stranger: Any, account: Any, refused: Any
) -> None:
    theirs = stranger.text()
    refused(publish(person, account, contentId=theirs), 404, "NOT_FOUND")
    answer = stranger.http.post("/publish", json=request_for(stranger, account))
    refused(answer, 400, "POST_INVALID")
    assert person.rows("publish_jobs") == stranger.rows("publish_jobs") == 0


def test_a_disconnected_account_cannot_be_posted_to(
    person: Any, account: Any, refused: Any
) -> None:
    person.http.delete(f"/social-accounts/{account}")
    error = refused(publish(person, account), 400, "POST_INVALID")
    assert "onnect it again" in error["message"]


def test_a_request_sent_twice_with_one_key_makes_one_job(person: Any, account: Any) -> None:
    headers, body = {"idempotency-key": str(uuid4())}, request_for(person, account)
    first = person.http.post("/publish", json=body, headers=headers)
    again = person.http.post("/publish", json=body, headers=headers)
    assert first.status_code == again.status_code == 202
    assert first.content == again.content
    assert person.rows("publish_jobs") == 1


def test_an_accounts_own_wishes_go_before_the_ones_for_all(person: Any, account: Any) -> None:
    targets = [
        {"socialAccountId": account, "platform": "bluesky", "metadata": {"text": "Only here"}}
    ]
    metadata = {"text": "For all", "hashtags": ["hello"], "thread": [{"text": "More"}]}
    answer = publish(person, account, accounts=targets, metadata=metadata)
    story = person.http.get(f"/jobs/{answer.json()['jobs'][0]['id']}").json()
    assert [part["text"] for part in story["parts"]] == ["Only here #hello", "More"]
    assert [part["index"] for part in story["parts"]] == [0, 1]
    assert {part["state"] for part in story["parts"]} == {"pending"}
    assert story["metadata"]["text"] == "Only here"
    assert story["attempts"] == []


def test_jobs_are_filtered(person: Any, account: Any) -> None:
    first, second = scheduled(person, account), scheduled(person, account)
    person.http.post(f"/jobs/{first['id']}/cancel", json={})

    def ids(query: Any) -> Any:
        return [job["id"] for job in person.http.get(f"/jobs?{query}").json()["data"]]

    assert ids("") == [second["id"], first["id"]]
    assert ids("limit=1&page=2") == [first["id"]]
    assert ids("status=cancelled") == ids("state=cancelled") == [first["id"]]
    assert ids("state=scheduled&status=scheduled") == [second["id"]]
    assert ids(f"contentId={first['contentId']}") == [first["id"]]
    assert len(ids(f"socialAccountId={account}&platform=bluesky")) == 2
    assert ids("platform=mastodon") == ids("status=failed") == []


def test_a_job_is_cancelled_once_and_its_story_says_by_whom(
    person: Any, account: Any, refused: Any
) -> None:
    job = scheduled(person, account)
    answer = person.http.post(f"/jobs/{job['id']}/cancel")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["state"]) == ("cancelled", "cancelled")
    refused(person.http.post(f"/jobs/{job['id']}/cancel", json={}), 409, "JOB_STATE")
    event = person.http.get(f"/jobs/{job['id']}").json()["events"][-1]
    assert event["userId"] == person.user_id


def test_a_job_is_moved_to_another_time(person: Any, account: Any, refused: Any) -> None:
    address = f"/jobs/{scheduled(person, account)['id']}/reschedule"
    answer = person.http.post(address, json={"scheduleAt": "2031-01-01T00:00:00Z"})
    assert answer.json()["scheduledAt"] == "2031-01-01T00:00:00Z"
    naive = {"scheduleAt": "2031-01-01T00:00:00"}
    refused(person.http.post(address, json=naive), 400, "OFFSET_REQUIRED")
    refused(person.http.post(address, json={}), 400, "VALIDATION_ERROR")
    refused(person.http.post(address), 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("confirm", {"postUrl": "https://example.org/1"}),
        ("repost", {}),
        ("repost", {"force": True}),
        ("retry", {}),
    ],
)
def test_an_action_in_the_wrong_state_says_what_would_work(
    person: Any, account: Any, refused: Any, action: Any, body: Any
) -> None:
    job = scheduled(person, account)
    error = refused(person.http.post(f"/jobs/{job['id']}/{action}", json=body), 409, "JOB_STATE")
    assert error["details"]["state"] == "scheduled"
    assert "only a job that is" in error["message"]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("cancel", {"x": 1}),
        ("retry", {"force": True}),
        ("repost", {"force": "yes"}),
        ("confirm", {"postUrl": 7}),
        ("reschedule", {"scheduleAt": "soon"}),
    ],
)
def test_a_bad_body_of_an_action_is_refused(
    person: Any, account: Any, refused: Any, action: Any, body: Any
) -> None:
    job = scheduled(person, account)
    answer = person.http.post(f"/jobs/{job['id']}/{action}", json=body)
    refused(answer, 400, "VALIDATION_ERROR")


def test_a_job_of_another_tenant_is_not_there(
    person: Any, stranger: Any, account: Any, refused: Any
) -> None:
    job = scheduled(person, account)
    refused(stranger.http.get(f"/jobs/{job['id']}"), 404, "NOT_FOUND")
    for action, body in (
        ("cancel", {}),
        ("retry", {}),
        ("repost", {}),
        ("confirm", {}),
        ("reschedule", {"scheduleAt": LATER}),
    ):
        answer = stranger.http.post(f"/jobs/{job['id']}/{action}", json=body)
        refused(answer, 404, "NOT_FOUND")
    assert stranger.http.get("/jobs").json()["data"] == []
    assert person.http.get(f"/jobs/{job['id']}").json()["state"] == "scheduled"


def test_deleting_content_cancels_its_posts_and_says_so(person: Any, account: Any) -> None:
    job = scheduled(person, account)
    answer = person.http.delete(f"/content/{job['contentId']}")
    assert answer.json()["cancelledJobs"] == [job["id"]]
    assert person.http.get(f"/jobs/{job['id']}").json()["state"] == "cancelled"
