from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest

from mpcas2_hookspecs import OAuthApp, Part, Rejected, Unauthorized, WebhookRequest
from mpcas2_platform_linkedin.webhooks import answer_challenge, read_events
from mpcas2_testing import PRACTICE_APP

APP = OAuthApp(client_id="77abc", client_secret="app-secret")


def signed(body: bytes, *, prefix: str = "", secret: str = "app-secret") -> WebhookRequest:
    digest = hmac.new(secret.encode(), b"hmacsha256=" + body, sha256).hexdigest()
    return WebhookRequest(method="POST", headers={"x-li-signature": prefix + digest}, body=body)


@pytest.fixture(scope="module")
def notification(contract_files: Any) -> bytes:
    example = contract_files.files["webhook-event"]["request"]["example"]["body"]
    return json.dumps(example).encode()


@pytest.mark.parametrize("prefix", ["", "hmacsha256="])
def test_a_comment_is_read(notification: bytes, prefix: str) -> None:
    [event] = read_events(signed(notification, prefix=prefix), APP)
    assert (event.id, event.kind) == ("5603453321", "comment")
    assert event.platform_account_id == "urn:li:organization:5515715"
    assert event.key == "urn:li:share:7094637247487995904"


def test_what_is_no_comment_is_left_out(notification: bytes) -> None:
    body = notification.replace(b'"COMMENT"', b'"LIKE"')
    assert read_events(signed(body), APP) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"notifications": [{}]}'])
def test_what_is_signed_and_unreadable_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected):
        read_events(signed(body), APP)


def test_without_the_right_signature_nothing_is_read(notification: bytes) -> None:
    real = signed(notification)
    for request, app in (
        (signed(notification, secret="other"), APP),
        (WebhookRequest(method="POST", body=notification), APP),
        (WebhookRequest(method="POST", headers=real.headers, body=notification + b" "), APP),
        (WebhookRequest(method="POST", headers={"x-li-signature": "ä"}, body=notification), APP),
        (signed(notification, secret=""), OAuthApp(client_id="77abc")),
    ):
        with pytest.raises(Unauthorized):
            read_events(request, app)


def test_a_challenge_is_answered_with_the_secret() -> None:
    request = WebhookRequest(method="GET", query={"challengeCode": "890e"})
    answer = answer_challenge(request, APP)
    assert answer is not None
    wanted = hmac.new(b"app-secret", b"890e", sha256).hexdigest()
    assert answer.body == {"challengeCode": "890e", "challengeResponse": wanted}
    with pytest.raises(Rejected):
        answer_challenge(request, OAuthApp(client_id="77abc"))
    assert answer_challenge(WebhookRequest(method="GET"), APP) is None
    assert answer_challenge(WebhookRequest(method="POST"), APP) is None


class _Handler(BaseHTTPRequestHandler):
    """Answers as the engine does, and keeps what came."""

    came: list[WebhookRequest]

    def do_GET(self) -> None:
        request = WebhookRequest(
            method=self.command,
            query=dict(parse_qsl(self.path.partition("?")[2])),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("content-length", "0"))),
        )
        self.came.append(request)
        answer = answer_challenge(request, PRACTICE_APP)
        body = b"" if answer is None else json.dumps(answer.body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Keeps silent."""


@pytest.fixture
def listener() -> Iterator[tuple[str, list[WebhookRequest]]]:
    came: list[WebhookRequest] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"came": came}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks/linkedin", came
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_practice_network_tells_of_a_comment(
    office: Any, page: Any, listener: tuple[str, list[WebhookRequest]]
) -> None:
    url, came = listener
    office.control.call("POST", "webhooks", {"url": url, "duplicates": 1})
    post = page.publish(Part(index=0, text="Tell me"))
    order = {"post": post.id, "account": "bob", "text": "Well said"}
    office.control.call("POST", "comments", order)
    end = time.monotonic() + 5
    while len(came) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    told = [
        event for one in came if one.method == "POST" for event in read_events(one, PRACTICE_APP)
    ]
    assert {(one.platform_account_id, one.key) for one in told} == {
        (page.account.platform_account_id, post.id)
    }
    # Both deliveries are of one event.
    assert (len(told), len({one.id for one in told})) == (2, 1)
