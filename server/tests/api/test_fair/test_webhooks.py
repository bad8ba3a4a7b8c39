"""What a network tells by itself is believed by its signature, kept once, and answered at once."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

SECRET, VERIFY = "the-secret-of-the-app", "what-the-operator-typed"


@pytest.fixture
def network(fair_server: Any) -> Iterator[httpx.Client]:
    """A client as the network has one: with no sign-in."""
    root = fair_server.url.removesuffix("/api/v1")
    with httpx.Client(base_url=root, timeout=60) as http:
        yield http


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-fair-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def event(**more: Any) -> dict[str, Any]:
    return {
        "id": uuid4().hex,
        "kind": "post-decided",
        "platform_account_id": "42",
        "key": "pub-1",
        **more,
    }


def kept(server: Any, *told: dict[str, Any]) -> list[Any]:
    ids = [one["id"] for one in told]
    return list(server.sql("SELECT * FROM webhook_events WHERE id = ANY($1) ORDER BY kind", ids))


def test_the_question_about_the_address_is_answered_as_text(network: httpx.Client) -> None:
    query = {"challenge": "<script>1</script>", "verify": VERIFY}
    answer = network.get("/webhooks/fair", params=query)
    assert (answer.status_code, answer.text) == (200, "<script>1</script>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_another_verify_token_is_refused(network: httpx.Client, refused: Any) -> None:
    for token in ("", "guessed"):
        query = {"challenge": "1", "verify": token}
        refused(network.get("/webhooks/fair", params=query), 403, "WEBHOOK_REFUSED")
    refused(network.get("/webhooks/fair"), 404, "NOT_FOUND")


def test_events_are_kept_once_however_often_they_come(
    fair_server: Any, network: httpx.Client
) -> None:
    first, second = event(), event(kind="comment", key="post-9")
    for told in ([first], [first, second], [second, first, first]):
        body = json.dumps(told).encode()
        answer = network.post("/webhooks/fair", content=body, headers=signed(body))
        assert answer.status_code == 200, answer.text
    comment, decided = kept(fair_server, first, second)
    assert (comment["platform"], comment["key"]) == ("fair", "post-9")
    assert (decided["platform_account_id"], decided["key"]) == ("42", "pub-1")
    # A comment waits for nobody; the rest is a worker's.
    assert comment["handled_at"] is not None
    assert decided["handled_at"] is None


def test_a_wrong_signature_stores_nothing(
    fair_server: Any, network: httpx.Client, refused: Any
) -> None:
    one = event()
    body = json.dumps([one]).encode()
    for headers in ({}, signed(body, "another secret"), signed(body + b" ")):
        answer = network.post("/webhooks/fair", content=body, headers=headers)
        refused(answer, 401, "WEBHOOK_REFUSED")
    assert kept(fair_server, one) == []
    assert SECRET not in fair_server.log.read_text()


def test_what_is_signed_and_no_event_is_refused(network: httpx.Client, refused: Any) -> None:
    for body in (b"not json", b'[{"colour": "red"}]'):
        answer = network.post("/webhooks/fair", content=body, headers=signed(body))
        refused(answer, 400, "WEBHOOK_UNREADABLE")


def test_an_event_that_nobody_could_keep_is_no_fault_of_ours(
    fair_server: Any, network: httpx.Client, refused: Any
) -> None:
    good, bad = event(), event(kind="something-else")
    body = json.dumps([good, bad]).encode()
    answer = network.post("/webhooks/fair", content=body, headers=signed(body))
    refused(answer, 400, "WEBHOOK_UNREADABLE")
    assert kept(fair_server, good, bad) == []


def test_a_body_that_is_too_large_is_refused(network: httpx.Client, refused: Any) -> None:
    body = b"x" * (1024 * 1024 + 1)
    answer = network.post("/webhooks/fair", content=body, headers=signed(body))
    refused(answer, 413, "TOO_LARGE")


@pytest.mark.parametrize("platform", ["bluesky", "nobody", "fair-dialect"])
def test_a_network_that_sends_nothing_is_not_there(
    network: httpx.Client, refused: Any, platform: str
) -> None:
    refused(network.post(f"/webhooks/{platform}", content=b"[]"), 404, "NOT_FOUND")


def test_a_worker_gives_what_was_kept_its_effect(
    fair_server: Any, network: httpx.Client, person: Any, stand: Any, visit: Any, worker: Any
) -> None:
    account_id = visit(person, stand.place).back()["accountId"]
    body = json.dumps([event(kind="account-gone", platform_account_id=f"42@{stand.url}")]).encode()
    assert network.post("/webhooks/fair", content=body, headers=signed(body)).status_code == 200

    def expired() -> bool:
        shown: Any = person.http.get(f"/social-accounts/{account_id}").json()
        return bool(shown["status"] == "expired" and "Fair says" in shown["statusReason"])

    worker(expired)
