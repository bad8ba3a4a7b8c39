"""Signing up, connecting an account and leaving again, as a newcomer does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from tests.outside.installation import Installation, Result, base_environment, mpcas2
from tests.outside.person import PASSWORD, Person

from mpcas2_sandbox import SandboxProcess
from mpcas2_sandbox.faults import FaultRule

Cli = Callable[..., Result]


@pytest.fixture
def newcomer(installation: Installation, tmp_path: Path) -> Cli:
    """The command line of somebody whom the installation does not know."""
    environment = {
        **base_environment(tmp_path),
        "MPCAS2_HOME": str(tmp_path / "home"),
        "MPCAS2_SERVER": installation.address,
    }
    return lambda *arguments, stdin="": mpcas2(*arguments, environment=environment, stdin=stdin)


def test_from_sign_up_to_the_first_post_and_out_again(
    newcomer: Cli, network: SandboxProcess
) -> None:
    email = f"{uuid4().hex}@example.org"
    signed_up = newcomer(
        *("register", "--email", email, "--name", "Grace", "--tenant", "Grace's"),
        "--password-stdin",
        stdin=PASSWORD,
    )
    assert signed_up.code == 0, signed_up.err
    assert "account connect bluesky" in signed_up.out

    practice = network.control.call("POST", "accounts", {"count": 1})["accounts"][0]
    form = (
        *("account", "connect", "bluesky", "--field", f"identifier={practice['handle']}"),
        *("--field", f"server={network.url}", "--secret-stdin", "appPassword"),
    )
    wrong = newcomer(*form, stdin="aaaa-bbbb-cccc-dddd")
    assert wrong.code == 1
    assert "Handle or password is wrong" in wrong.err
    assert "aaaa-bbbb-cccc-dddd" not in wrong.err
    assert newcomer("account", "list", "--json").json()["data"] == []

    main_password = newcomer(*form, stdin=practice["password"])
    assert main_password.code == 1
    assert "app password" in main_password.err

    connected = newcomer(*form, stdin=practice["appPassword"])
    assert connected.code == 0, connected.err
    assert f"Connected bluesky:@{practice['handle']}" in connected.out

    published = newcomer("publish", "--text", "My first post", "--wait", "--json")
    assert published.json()["jobs"][0]["state"] == "published"
    posts = network.control.call("GET", f"posts?did={practice['did']}")["posts"]
    assert [one["record"]["text"] for one in posts] == ["My first post"]

    assert newcomer("logout").code == 0
    assert newcomer("jobs", "list").code == 3


def test_connecting_again_keeps_the_account_and_its_posts(person: Person) -> None:
    waiting = person.publish("Later", scheduleAt="2030-06-01T12:00:00Z")
    before = person.account_id
    assert person.connect()["id"] == before
    assert person.job(waiting["id"])["state"] == "scheduled"
    assert person.call("GET", "/social-accounts")["pagination"]["total"] == 1


def test_disconnecting_cancels_what_waits_and_names_it(person: Person) -> None:
    waiting = person.publish("Later", scheduleAt="2030-06-01T12:00:00Z")
    told = person.call("DELETE", f"/social-accounts/{person.account_id}")
    assert told["status"] == "disconnected"
    assert told["cancelledJobs"] == [waiting["id"]]
    assert person.job(waiting["id"])["state"] == "cancelled"
    before = person.account_id
    assert person.connect()["id"] == before
    assert person.posts() == []


def test_disconnecting_is_refused_while_a_post_is_being_sent(
    person: Person, network: SandboxProcess
) -> None:
    network.control.add_fault(FaultRule(action="hold_before", path="putRecord"))
    job = person.publish("On its way")
    (held,) = network.control.wait_held()
    refused = person.call("DELETE", f"/social-accounts/{person.account_id}", status=409)
    assert "sent" in refused["error"]["message"]
    network.control.release(held.id)
    assert person.wait(job["id"])["state"] == "published"
    assert len(person.posts("On its way")) == 1
    assert person.call("GET", f"/social-accounts/{person.account_id}")["status"] == "connected"


def test_a_late_policy_is_kept(person: Person) -> None:
    path = f"/social-accounts/{person.account_id}"
    policy = {"withinMinutes": 15, "otherwise": "skip"}
    assert person.call("PATCH", path, {"latePolicy": policy})["latePolicy"] == policy
    assert person.connect()["latePolicy"] == policy


def test_what_belongs_to_another_tenant_does_not_exist(people: Callable[[], Person]) -> None:
    owner, stranger = people(), people()
    job = owner.publish("Mine", scheduleAt="2030-06-01T12:00:00Z")
    content_id = job["contentId"]
    policy = {"latePolicy": {"withinMinutes": 1, "otherwise": "post"}}
    for method, path, body in (
        ("GET", f"/social-accounts/{owner.account_id}", None),
        ("PATCH", f"/social-accounts/{owner.account_id}", policy),
        ("DELETE", f"/social-accounts/{owner.account_id}", None),
        ("GET", f"/content/{content_id}", None),
        ("DELETE", f"/content/{content_id}", None),
        ("GET", f"/jobs/{job['id']}", None),
        ("POST", f"/jobs/{job['id']}/cancel", {}),
    ):
        stranger.call(method, path, body, status=404)
    stolen = stranger.order(stranger.write("Theirs"))
    stolen["accounts"][0]["socialAccountId"] = owner.account_id
    refused = stranger.http.post("/publish", json=stolen)
    assert refused.status_code in {400, 404}, refused.text
    assert owner.job(job["id"])["state"] == "scheduled"
    assert owner.posts() == []
