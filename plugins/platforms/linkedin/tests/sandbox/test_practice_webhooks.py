from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from mpcas2_sandbox import ControlError

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.linkedin.tests.sandbox.conftest import Contract, LinkedInMember

SECRET = b"practice-secret"


def keyed(message: bytes) -> str:
    return hmac.new(SECRET, message, hashlib.sha256).hexdigest()


class Receiver(ThreadingHTTPServer):
    """An installation that answers the challenge and keeps what it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        self.told: list[tuple[str, bytes]] = []
        self.honest = True
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/webhooks/linkedin"

    def wait(self, count: int) -> list[tuple[str, bytes]]:
        deadline = time.monotonic() + 10
        while len(self.told) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.told) >= count
        return self.told


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_GET(self) -> None:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        code = query["challengeCode"][0]
        proof = keyed(code.encode()) if self.server.honest else "0" * 64
        self._answer(json.dumps({"challengeCode": code, "challengeResponse": proof}).encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append((self.headers["x-li-signature"], body))
        self._answer(b"{}")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Says nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_comments_below_a_pages_posts_are_told(
    ada: LinkedInMember, receiver: Receiver, contract: Contract
) -> None:
    ada.control.call("POST", "webhooks", {"url": receiver.url, "duplicates": 1})
    urn, own = ada.posted("page", author=ada.page), ada.posted("mine")
    ada.control.call("POST", "comments", {"post": own, "account": "bob", "text": "untold"})
    ada.control.call("POST", "comments", {"post": urn, "account": "bob", "text": "hear"})
    (signature, body), again = receiver.wait(2)
    assert again == (signature, body)
    assert signature == keyed(b"hmacsha256=" + body)
    asked = contract.files["webhook-event"]["request"]
    headers = {"x-li-signature": signature, "content-type": "application/json"}
    contract.fits(headers, asked["headers"])
    contract.fits(json.loads(body), asked["body"])
    told = json.loads(body)["notifications"][0]
    assert (told["action"], told["decoratedSourcePost"]["entity"]) == ("COMMENT", urn)
    ada.comment(urn, "answer", actor=ada.page)
    last = json.loads(receiver.wait(3)[2][1])
    assert last["notifications"][0]["action"] == "ADMIN_COMMENT"


def test_signatures_can_be_written_in_the_other_way_or_broken(
    ada: LinkedInMember, receiver: Receiver
) -> None:
    ada.settings(signaturePrefix=True)
    ada.control.call("POST", "webhooks", {"url": receiver.url})
    urn = ada.posted("page", author=ada.page)
    ada.control.call("POST", "comments", {"post": urn, "account": "bob", "text": "hear"})
    signature, body = receiver.wait(1)[0]
    assert signature == "hmacsha256=" + keyed(b"hmacsha256=" + body)
    ada.control.call("POST", "webhooks", {"breakSignature": True})
    ada.control.call("POST", "comments", {"post": urn, "account": "bob", "text": "false"})
    signature, body = receiver.wait(2)[1]
    assert signature != "hmacsha256=" + keyed(b"hmacsha256=" + body)


def test_an_address_must_answer_the_challenge(ada: LinkedInMember, receiver: Receiver) -> None:
    receiver.honest = False
    with pytest.raises(ControlError, match="did not answer"):
        ada.control.call("POST", "webhooks", {"url": receiver.url})
    assert ada.control.call("GET", "webhooks")["urls"] == []
