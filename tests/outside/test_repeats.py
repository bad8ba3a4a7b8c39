"""The same request twice, ten times at once, and after the server died over its answer."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tap import PostgresTap
from tests.outside.installation import Installation, answers, free_port
from tests.outside.person import Person
from waiting import until

KEY = {"Idempotency-Key": "the-same-every-time"}


def test_a_repeated_request_has_one_effect_and_one_answer(person: Person) -> None:
    order = person.order(person.write("Twice asked"))
    first, second = (person.http.post("/publish", json=order, headers=KEY) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert second.headers["Idempotent-Replay"] == "true"
    assert "Idempotent-Replay" not in first.headers
    assert first.content == second.content
    person.wait(first.json()["jobs"][0]["id"], "published")
    assert person.totals() == (1, 1, 1)


def test_a_key_belongs_to_one_request(person: Person) -> None:
    order = person.order(person.write("First"), scheduleAt="2030-06-01T12:00:00Z")
    person.call("POST", "/publish", order, status=202, headers=KEY)
    other = {**order, "scheduleAt": "2030-06-02T12:00:00Z"}
    refused = person.call("POST", "/publish", other, status=409, headers=KEY)
    assert refused["error"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert person.totals() == (1, 1, 0)


def test_ten_at_once_have_one_effect(person: Person) -> None:
    order = person.order(person.write("Ten times asked"))
    with ThreadPoolExecutor(10) as pool:
        answers = list(
            pool.map(lambda _: person.http.post("/publish", json=order, headers=KEY), range(10))
        )
    assert {one.status_code for one in answers} == {202}
    assert len({one.content for one in answers}) == 1
    assert sum("Idempotent-Replay" in one.headers for one in answers) == 9
    person.wait(answers[0].json()["jobs"][0]["id"], "published")
    assert person.totals() == (1, 1, 1)


@pytest.fixture
def tap(installation: Installation) -> Iterator[PostgresTap]:
    """A tap between the second API and the installation's PostgreSQL."""
    with PostgresTap(installation.server_urls()[0]) as one:
        yield one


@pytest.fixture
def second_api(installation: Installation, tap: PostgresTap) -> Iterator[tuple[str, int]]:
    """A second `mpcas2 serve` on the same home, whose database traffic goes through the tap."""
    port = free_port()
    stores = {"DATABASE_URL": tap.url, "REDIS_URL": installation.server_urls()[1]}
    with installation.process("serve", "--port", str(port), settings=stores) as process:
        address = f"http://127.0.0.1:{port}"
        until(lambda: process.poll() is not None or answers(address), why="the API", seconds=60)
        yield address, process.pid


def test_a_request_whose_server_died_between_commit_and_answer_is_repeated_safely(
    person: Person, tap: PostgresTap, second_api: tuple[str, int]
) -> None:
    address, pid = second_api
    order = person.order(person.write("Answered by a second server"))
    hold = tap.hold("due-add", when="after", commit=True)
    lost: list[BaseException] = []

    def ask() -> None:
        headers = {**KEY, "Authorization": person.http.headers["Authorization"]}
        try:
            httpx.post(
                f"{address}/api/v1/publish",
                json=order,
                headers=headers,
                timeout=60,
                trust_env=False,
            )
        except httpx.TransportError as error:
            lost.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    hold.wait()
    os.killpg(pid, signal.SIGKILL)
    asking.join(30)
    hold.drop()
    assert lost, "the answer was to be lost"

    again = person.http.post("/publish", json=order, headers=KEY)
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (202, "true")
    person.wait(again.json()["jobs"][0]["id"], "published")
    assert person.totals() == (1, 1, 1)
