"""Rules for networks that send events, with the events that the practice network sends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from mpcas2_hookspecs import (
    ConnectsOAuth,
    OAuthApp,
    PlatformError,
    ReceivesWebhooks,
    Rejected,
    Unauthorized,
    WebhookRequest,
)
from mpcas2_testing.bench import Bench
from mpcas2_testing.capabilities import needs
from mpcas2_testing.consent import PRACTICE_APP
from mpcas2_testing.rules import rule

__all__ = ("WebhookRules",)

_TOKEN = "the-kit's-verify-token"
_WAIT_SECONDS = 3.0


class WebhookRules:
    """Holds an adapter to reading events safely; a subclass gives the fixture ``bench``."""

    @rule("webhooks.signature")
    @needs(ReceivesWebhooks)
    def test_a_wrong_signature_is_unauthorized(self, bench: Bench) -> None:
        """Changes the body and takes the headers away."""
        platform = bench.platform
        assert isinstance(platform, ReceivesWebhooks)
        with _listening(platform) as (url, arrived):
            real = _events(bench, url, arrived)[0]
        for forged in (
            msgspec.structs.replace(real, body=real.body + b" "),
            msgspec.structs.replace(real, headers={}),
        ):
            with pytest.raises(Unauthorized):
                platform.read_webhook(forged, PRACTICE_APP)
        with pytest.raises(Unauthorized):
            platform.read_webhook(real, OAuthApp(client_id="other", client_secret="other"))

    @rule("webhooks.events")
    @needs(ReceivesWebhooks)
    def test_the_same_event_twice_has_one_id(self, bench: Bench) -> None:
        """Lets the network send each event twice."""
        platform = bench.platform
        assert isinstance(platform, ReceivesWebhooks)
        with _listening(platform) as (url, arrived):
            requests = _events(bench, url, arrived, duplicates=1)
        ids: dict[bytes, list[str]] = {}
        for request in requests:
            read = platform.read_webhook(request, PRACTICE_APP)
            told = [one.id for one in read]
            assert all(told), "an event has no id"
            assert ids.setdefault(request.body, told) == told, "the same event twice has two ids"

    @rule("webhooks.challenge")
    @needs(ReceivesWebhooks)
    def test_another_verify_token_is_refused(self, bench: Bench) -> None:
        """Subscribes with the right token and asks with a wrong one."""
        platform = bench.platform
        assert isinstance(platform, ReceivesWebhooks)
        posted = WebhookRequest(method="POST", body=b"{}")
        assert platform.webhook_challenge(posted, PRACTICE_APP, _TOKEN) is None
        with _listening(platform) as (url, arrived):
            bench.control.call("POST", "webhooks", {"url": url, "verifyToken": _TOKEN})
            asked = [one for one in arrived if one.method == "GET"]
        if not any(_TOKEN in one.query.values() for one in asked):
            pytest.skip("the network asks with no token")
        with pytest.raises(Rejected):
            platform.webhook_challenge(asked[0], PRACTICE_APP, "another token")


def _events(
    bench: Bench, url: str, arrived: list[WebhookRequest], **settings: Any
) -> list[WebhookRequest]:
    """Makes the network send events: a post is decided, then the permission is taken back."""
    bench.control.call("POST", "webhooks", {"url": url, "verifyToken": _TOKEN, **settings})
    desk = bench.desk()
    desk.published(desk.part())
    if isinstance(bench.platform, ConnectsOAuth):
        bench.control.call("POST", f"oauth/accounts/{bench.person}/revoke")
    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end:
        deliveries = bench.control.call("GET", "webhooks")["deliveries"]
        # What is sent at all is listed at once.
        if all(one["state"] != "waiting" for one in deliveries):
            break
        time.sleep(0.02)
    events = [one for one in arrived if one.method == "POST"]
    if not events:
        pytest.skip("the practice network sends no event for a post or a revoked permission")
    return events


@contextmanager
def _listening(platform: ReceivesWebhooks) -> Iterator[tuple[str, list[WebhookRequest]]]:
    """Takes what the network sends, and answers its question as the engine does."""
    arrived: list[WebhookRequest] = []
    more = {"arrived": arrived, "platform": platform}
    listener = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), more))
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}/webhooks", arrived
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


class _Handler(BaseHTTPRequestHandler):
    arrived: list[WebhookRequest]
    platform: ReceivesWebhooks

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        query = dict(parse_qsl(self.path.partition("?")[2]))
        request = WebhookRequest(method=self.command, query=query, headers=headers, body=body)
        self.arrived.append(request)
        status, said = 200, b""
        try:
            answer = self.platform.webhook_challenge(request, PRACTICE_APP, _TOKEN)
        except PlatformError:
            status = 403
        else:
            if answer is not None:
                text = answer.body
                status = answer.status
                said = text.encode() if isinstance(text, str) else msgspec.json.encode(text)
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    do_POST = do_GET  # noqa: N815 - the name that http.server calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Keeps silent: what arrived is in the list."""
