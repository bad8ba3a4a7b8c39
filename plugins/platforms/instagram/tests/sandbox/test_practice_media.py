"""Published media: lists, figures, comments, deletion, and what it tells the webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
import urllib.parse
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    # A conftest has no import path at run time.
    from plugins.platforms.instagram.tests.sandbox.conftest import Creator

METRICS = "views,reach,likes,comments,shares,saved,total_interactions"


def test_the_list_has_the_newest_first_and_leads_on(ada: Creator) -> None:
    numbers = [ada.publish(ada.container(caption=str(place))) for place in range(3)]
    page = ada.good(ada.get(f"{ada.id}/media", fields="id,caption,permalink", limit="2"))
    assert [one["id"] for one in page["data"]] == numbers[:0:-1]
    following = page["paging"]["next"]
    last = ada.http.get(following, params={**_query(following), "access_token": ada.token}).json()
    assert [one["caption"] for one in last["data"]] == ["0"]
    assert "next" not in last["paging"]
    assert ada.good(ada.get("me", fields="user_id,media_count")) == {
        "id": ada.account["scopedId"],
        "user_id": ada.id,
        "media_count": 3,
    }


def _query(url: str) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


def test_a_lagging_list_does_not_show_the_newest(ada: Creator) -> None:
    ada.control.call("POST", "settings", {"mediaLagSeconds": 60})
    number = ada.publish(ada.container())
    assert ada.good(ada.get(f"{ada.id}/media"))["data"] == []
    ada.control.advance_clock(60)
    assert ada.good(ada.get(f"{ada.id}/media"))["data"] == [{"id": number}]


def test_figures_grow_and_agree(ada: Creator) -> None:
    number = ada.publish(ada.container())

    def figures() -> dict[str, int]:
        data = ada.good(ada.get(f"{number}/insights", metric=METRICS))["data"]
        return {one["name"]: one["values"][0]["value"] for one in data}

    assert set(figures().values()) == {0}
    ada.control.advance_clock(86_400)
    day = figures()
    assert day["views"] >= day["reach"] >= day["likes"] > 0
    shown = ada.good(ada.get(number, fields="like_count,total_views_count,saved_count"))
    assert (shown["like_count"], shown["saved_count"]) == (day["likes"], day["saved"])
    total = ada.good(
        ada.get(f"{ada.id}/insights", metric="views", period="day", metric_type="total_value")
    )
    assert total["data"][0]["total_value"]["value"] == day["views"]
    series = ada.good(ada.get(f"{ada.id}/insights", metric="reach", period="day"))
    assert sum(one["value"] for one in series["data"][0]["values"]) == day["reach"]


def test_a_reel_has_metrics_of_its_own(ada: Creator, codes: Any) -> None:
    reel, picture = ada.publish(ada.reel()), ada.publish(ada.container())
    name = "ig_reels_avg_watch_time"
    assert ada.get(f"{reel}/insights", metric=f"views,{name}").status_code == 200
    assert codes(ada.get(f"{picture}/insights", metric=f"views,{name}")) == (100, None)


def test_asking_for_fields_of_a_comment_looks_like_a_failure(ada: Creator, codes: Any) -> None:
    number = ada.publish(ada.container())
    first = ada.good(ada.post(f"{number}/comments", message="First!"))["id"]
    assert codes(ada.post(f"{number}/comments", message="Second", fields="id,text"))[0] == 100
    listed = ada.good(ada.get(f"{number}/comments", fields="text,username"))["data"]
    assert [one["text"] for one in listed] == ["Second", "First!"]
    assert listed[0]["username"] == "ada"
    assert ada.good(ada.call("DELETE", first)) == {"success": True}
    assert ada.good(ada.get(number, fields="comments_count"))["comments_count"] == 1


def test_only_facebook_login_deletes(ada: Creator, codes: Any) -> None:
    number = ada.publish(ada.container())
    assert codes(ada.call("DELETE", number)) == (100, 33)
    lacking = ada.new_token(kind="facebook", scopes=["instagram_basic"])
    assert codes(ada.call("DELETE", number, access_token=lacking)) == (10, None)
    ada.token = ada.new_token(kind="facebook")
    assert ada.good(ada.call("DELETE", number)) == {"success": True}
    assert codes(ada.get(number)) == (100, 33)
    assert ada.control.call("GET", "stats")["posts"] == 0


def test_what_the_network_took_down_is_gone(ada: Creator, codes: Any) -> None:
    number = ada.publish(ada.container())
    permalink = ada.good(ada.get(number, fields="permalink"))["permalink"]
    ada.control.call("POST", f"posts/{number}/remove", {})
    assert codes(ada.get(number)) == (100, 33)
    assert ada.http.get(permalink).status_code == 404


def test_pages_show_what_was_published_and_escape_it(ada: Creator) -> None:
    number = ada.publish(ada.container(caption="<b>bold</b>", alt_text='A "view"'))
    ada.good(ada.post(f"{number}/comments", message="<i>nice</i>"))
    permalink = ada.good(ada.get(number, fields="permalink"))["permalink"]
    for page in ("/timeline", "/ada/", permalink.removeprefix(ada.url)):
        text = ada.http.get(f"{ada.url}{page}").text
        assert "&lt;b&gt;bold&lt;/b&gt;" in text
        assert "<b>bold" not in text
    assert "&lt;i&gt;nice" in ada.http.get(permalink).text
    assert "practice-client" in ada.http.get(f"{ada.url}/").text
    for nowhere in ("/nobody/", "/p/none/", "/files/1/0", "/covers/1", "/faces/1.svg"):
        assert ada.http.get(f"{ada.url}{nowhere}").status_code == 404


class Listener:
    """Takes webhooks and answers Meta's question."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        got = self.got

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                good = query["hub.mode"] == ["subscribe"] and query["hub.verify_token"] == ["v1"]
                self.send_response(200 if good else 403)
                self.end_headers()
                self.wfile.write(query["hub.challenge"][0].encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def wait(self, count: int) -> None:
        deadline = time.monotonic() + 10
        while len(self.got) < count:
            assert time.monotonic() < deadline, "the webhook did not come"
            time.sleep(0.01)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


def test_comments_and_leaving_are_told_with_a_signature(ada: Creator, listener: Listener) -> None:
    ada.control.call("POST", "webhooks", {"url": listener.url, "verifyToken": "v1"})
    number = ada.publish(ada.container())
    order = {"media": number, "account": "bob", "text": "Nice"}
    written = ada.control.call("POST", "comments", order)["id"]
    listener.wait(1)
    headers, body = listener.got[0]
    digest = hmac.new(b"practice-secret", body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={digest}"
    entry = json.loads(body)["entry"][0]
    assert entry["id"] == ada.id
    value = entry["changes"][0]["value"]
    assert (value["id"], value["media"]["id"], value["text"]) == (written, number, "Nice")

    ada.control.call("POST", "accounts/ada/deauthorize", {})
    listener.wait(2)
    form = urllib.parse.parse_qs(listener.got[1][1].decode())
    proof, _, payload = form["signed_request"][0].partition(".")
    expected = hmac.new(b"practice-secret", payload.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(proof + "=") == expected
    told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert told["user_id"] == ada.id
    gone = ada.get("me").json()["error"]
    assert (gone["code"], gone["error_subcode"]) == (190, 458)
