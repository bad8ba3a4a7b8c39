from __future__ import annotations

import hashlib
import hmac
import http.server
import json
import threading
import time
import urllib.parse
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from mpcas2_sandbox import ControlError

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from sandbox.tests.conftest import Reply, Visitor

BODY = b"picture" * 1000


class Place(http.server.ThreadingHTTPServer):
    """An address that takes events and has files."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.taken: list[tuple[dict[str, Any], bool]] = []
        self.statuses: deque[int] = deque()
        self.released = threading.Event()

    def jobs(self) -> list[str]:
        return [str(event["job"]) for event, _ in self.taken]


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Place

    def log_message(self, *_arguments: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        digest = hmac.new(b"practice-secret", body, hashlib.sha256).hexdigest()
        status = self.server.statuses.popleft() if self.server.statuses else 200
        self.server.taken.append((json.loads(body), digest == self.headers["X-Signature"]))
        self._answer(status, b"")

    def do_GET(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path == "/hook":
            good = query["hub.verify_token"] == "open sesame" and query["hub.mode"] == "subscribe"
            self._answer(200 if good else 403, query["hub.challenge"].encode())
        elif parts.path == "/slow":
            self.server.released.wait(20)
        elif parts.path.startswith("/hop/"):
            left = int(parts.path[5:])
            self._answer(302, b"", Location=f"/hop/{left - 1}" if left > 1 else "/file")
        elif parts.path == "/unsized":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(BODY)
        else:
            self._answer(200 if parts.path == "/file" else 404, BODY)

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        given = {"Content-Type": "image/PNG; q=1", "Content-Length": str(len(body)), **headers}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def place() -> Iterator[Place]:
    with Place() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


def subscribe(depot: Visitor, place: Place, **settings: object) -> None:
    depot.control.call("POST", "decisions", {"seconds": 0})
    order = {"url": f"{place.url}/hook", "verifyToken": "open sesame", **settings}
    depot.control.call("POST", "webhooks", order)


def wait_for(depot: Visitor, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found: list[dict[str, Any]] = depot.control.call("GET", "webhooks")["deliveries"]
        if sum(one["state"] == "delivered" for one in found) >= count:
            return found
        time.sleep(0.01)
    raise AssertionError("the events did not arrive")


def add_jobs(depot: Visitor, names: str) -> None:
    for name in names:
        assert depot.send("POST", "/jobs", name.encode()).status == 201


def test_an_event_arrives_with_a_good_signature(depot: Visitor, place: Place) -> None:
    subscribe(depot, place)
    add_jobs(depot, "a")
    (delivery,) = wait_for(depot, 1)
    assert place.taken == [({"job": "a"}, True)]
    assert (delivery["status"], delivery["attempts"], delivery["broken"]) == (200, 1, False)


def test_an_event_that_is_not_taken_comes_again(depot: Visitor, place: Place) -> None:
    place.statuses.extend([500, 302])
    subscribe(depot, place)
    add_jobs(depot, "a")
    assert wait_for(depot, 1)[0]["attempts"] == 3
    assert place.jobs() == ["a", "a", "a"]


def test_events_come_twice_turned_round_or_badly_signed_by_order(
    depot: Visitor, place: Place
) -> None:
    subscribe(depot, place, duplicates=1)
    add_jobs(depot, "a")
    wait_for(depot, 2)
    depot.control.call("POST", "webhooks", {"duplicates": 0, "reverse": 3})
    add_jobs(depot, "bcd")
    wait_for(depot, 5)
    assert place.jobs() == ["a", "a", "d", "c", "b"]
    depot.control.call("POST", "webhooks", {"reverse": 0, "breakSignature": True})
    add_jobs(depot, "e")
    wait_for(depot, 6)
    assert [good for _, good in place.taken] == [True] * 5 + [False]


def test_an_event_waits_for_the_networks_clock_and_a_reset_forgets_it(
    depot: Visitor, place: Place
) -> None:
    subscribe(depot, place)
    depot.control.call("POST", "decisions", {"seconds": 600})
    add_jobs(depot, "a")
    depot.control.call("POST", "decisions", {"seconds": 0})
    add_jobs(depot, "b")
    wait_for(depot, 1)
    assert place.jobs() == ["b"]
    depot.control.advance_clock(601)
    wait_for(depot, 2)
    assert place.jobs() == ["b", "a"]
    depot.control.call("POST", "decisions", {"seconds": 5})
    add_jobs(depot, "c")
    depot.control.reset()
    depot.control.advance_clock(10)
    subscribe(depot, place)
    add_jobs(depot, "d")
    wait_for(depot, 1)
    assert place.jobs() == ["b", "a", "d"]


@pytest.mark.parametrize(
    "changes", [{"verifyToken": "guessed"}, {"url": "http://127.0.0.1:9/"}, {"url": "no address"}]
)
def test_an_address_that_does_not_answer_the_question_is_not_subscribed(
    depot: Visitor, place: Place, changes: dict[str, str]
) -> None:
    with pytest.raises(ControlError, match="did not answer the question"):
        subscribe(depot, place, **changes)
    assert depot.control.call("GET", "webhooks")["urls"] == []


def test_a_forgotten_address_gets_no_more_events(depot: Visitor, place: Place) -> None:
    subscribe(depot, place)
    depot.control.call("DELETE", "webhooks")
    add_jobs(depot, "a")
    assert depot.control.call("GET", "webhooks")["deliveries"] == []


def fetch(depot: Visitor, url: str, *, limit: int = 8000, seconds: float = 20) -> Reply:
    query = urllib.parse.urlencode({"url": url, "limit": limit, "seconds": seconds})
    return depot.send("POST", f"/fetch?{query}")


@pytest.mark.parametrize("path", ["/file", "/hop/3"])
def test_media_is_pulled_from_its_address(depot: Visitor, place: Place, path: str) -> None:
    assert fetch(depot, place.url + path).json() == {
        "sha256": hashlib.sha256(BODY).hexdigest(),
        "type": "image/png",
        "size": len(BODY),
    }


@pytest.mark.parametrize(
    ("path", "limits", "reason", "status"),
    [
        ("/hop/4", {}, "redirects", None),
        ("/nowhere", {}, "status", 404),
        ("/file", {"limit": 6999}, "too_large", 200),
        ("/unsized", {"limit": 6999}, "too_large", 200),
        ("/slow", {"seconds": 0.05}, "too_slow", None),
    ],
)
def test_media_that_cannot_be_had_is_refused_with_a_reason(
    depot: Visitor,
    place: Place,
    path: str,
    limits: dict[str, Any],
    reason: str,
    status: int | None,
) -> None:
    answer = fetch(depot, place.url + path, **limits)
    assert (answer.status, answer.json()) == (400, {"reason": reason, "status": status})


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://127.0.0.1/a", "address"),
        ("nothing", "address"),
        ("http://127.0.0.1:9/", "unreachable"),
    ],
)
def test_an_address_that_is_none_is_refused(depot: Visitor, url: str, reason: str) -> None:
    assert fetch(depot, url).json()["reason"] == reason
