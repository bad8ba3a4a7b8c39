"""Published posts: lists, replies, figures, deletion, pages, and what is told to webhooks."""

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
    from plugins.platforms.threads.tests.sandbox.conftest import Creator

METRICS = "views,likes,replies,reposts,quotes,shares"


def test_the_list_has_the_newest_first_and_leads_on(ada: Creator) -> None:
    numbers = [ada.write(text=str(place)) for place in range(3)]
    ada.write(reply_to_id=numbers[0])
    page = ada.good(ada.get("me/threads", fields="id,text,permalink", limit="2"))
    assert [one["id"] for one in page["data"]] == numbers[:0:-1]
    following = urllib.parse.urlsplit(page["paging"]["next"])
    query = dict(urllib.parse.parse_qsl(following.query))
    last = ada.good(ada.get("me/threads", **query))
    assert [one["text"] for one in last["data"]] == ["0"]
    assert "next" not in last["paging"]
    before = ada.good(ada.get("me/threads", before=numbers[0], limit="1"))
    assert [one["id"] for one in before["data"]] == [numbers[1]]


def test_a_list_can_be_of_a_time_and_can_lag(ada: Creator) -> None:
    ada.write(text="old")
    ada.control.advance_clock(3600)
    now = ada.control.call("GET", "clock")["now"]
    number = ada.write(text="new")
    assert ada.good(ada.get("me/threads", since=now))["data"] == [{"id": number}]
    ada.control.call("POST", "settings", {"mediaLagSeconds": 60})
    assert ada.good(ada.get("me/threads", since=now))["data"] == []
    ada.control.advance_clock(60)
    assert ada.good(ada.get("me/threads", since=now))["data"] == [{"id": number}]


def test_replies_stand_below_their_post(ada: Creator) -> None:
    post = ada.write(text="First")
    mine = ada.write(text="Second", reply_to_id=post)
    ada.control.advance_clock(1)
    theirs = ada.someone_replies(mine, "Third")
    fields = "id,text,username,is_reply,is_reply_owned_by_me,root_post,replied_to,has_replies"
    replies = ada.good(ada.get(f"{post}/replies", fields=fields))["data"]
    assert replies == [
        {
            "id": mine,
            "text": "Second",
            "username": "ada",
            "is_reply": True,
            "is_reply_owned_by_me": True,
            "root_post": {"id": post},
            "replied_to": {"id": post},
            "has_replies": True,
        }
    ]
    whole = ada.good(ada.get(f"{post}/conversation", reverse="false"))["data"]
    assert [one["id"] for one in whole] == [mine, theirs]
    assert [one["id"] for one in ada.good(ada.get("me/replies"))["data"]] == [mine]
    assert [one["id"] for one in ada.good(ada.get("me/threads"))["data"]] == [post]
    assert ada.good(ada.get(theirs, fields="is_reply_owned_by_me"))["is_reply_owned_by_me"] is False
    stats = ada.control.call("GET", "stats")
    assert (stats["posts"], stats["replies"]) == (3, 2)


def test_a_reply_can_be_hidden(ada: Creator) -> None:
    post = ada.write()
    reply = ada.someone_replies(post, "Spam")
    permalink = ada.good(ada.get(post, fields="permalink"))["permalink"]
    assert "Spam" in ada.http.get(permalink).text
    assert ada.good(ada.post(f"{reply}/manage_reply", hide="true")) == {"success": True}
    assert ada.good(ada.get(reply, fields="hide_status"))["hide_status"] == "HIDDEN"
    assert "Spam" not in ada.http.get(permalink).text


def test_the_author_says_who_may_reply(ada: Creator, codes: Any) -> None:
    closed = ada.write(reply_control="mentioned_only", text="Only you, @bob")
    for account, allowed in (("bob", True), ("carol", False)):
        answer = ada.post(
            "me/threads",
            media_type="TEXT",
            text="Hello",
            reply_to_id=closed,
            access_token=ada.new_token(account),
        )
        assert (answer.status_code == 200) is allowed
    ada.write(reply_to_id=closed)


def test_quotes_and_reposts_name_the_other_post(ada: Creator, codes: Any) -> None:
    ada.control.call("POST", "settings", {"quotaTotal": 3})
    post = ada.write(text="First")
    quote = ada.write(text="Look", quote_post_id=post)
    repeat = ada.good(ada.post(f"{post}/repost"))["id"]
    shown = ada.good(ada.get(quote, fields="is_quote_post,quoted_post"))
    assert (shown["is_quote_post"], shown["quoted_post"]) == (True, {"id": post})
    shown = ada.good(ada.get(repeat, fields="media_type,reposted_post"))
    assert (shown["media_type"], shown["reposted_post"]) == ("REPOST_FACADE", {"id": post})
    figures = ada.good(ada.get(f"{post}/insights", metric="quotes,reposts"))["data"]
    assert [one["values"][0]["value"] for one in figures] == [1, 1]
    assert ada.post(f"{post}/repost").json()["error"]["code"] == 9
    ada.good(ada.call("DELETE", post))
    assert codes(ada.get(repeat)) == (100, 33)


def test_figures_grow(ada: Creator) -> None:
    number = ada.write()

    def figures() -> dict[str, int]:
        data = ada.good(ada.get(f"{number}/insights", metric=METRICS))["data"]
        return {one["name"]: one["values"][0]["value"] for one in data}

    assert set(figures().values()) == {0}
    ada.someone_replies(number)
    ada.control.advance_clock(86_400)
    later = figures()
    assert later["replies"] == 1
    assert later["views"] > later["likes"] > 0
    data = ada.good(ada.get("me/threads_insights", metric="views,likes,followers_count"))["data"]
    named = {one["name"]: one for one in data}
    assert sum(one["value"] for one in named["views"]["values"]) == later["views"]
    assert named["likes"]["total_value"]["value"] == later["likes"]
    assert named["followers_count"]["total_value"]["value"] > 120
    more = {"metric": "follower_demographics,clicks", "breakdown": "country"}
    people, clicks = ada.good(ada.get("me/threads_insights", **more))["data"]
    assert people["total_value"]["breakdowns"][0]["dimension_keys"] == ["country"]
    assert clicks["link_total_values"] == []


def test_clicks_are_counted_by_link(ada: Creator) -> None:
    ada.write(link_attachment="https://example.org/a")
    ada.control.advance_clock(86_400)
    (clicks,) = ada.good(ada.get("me/threads_insights", metric="clicks"))["data"]
    (one,) = clicks["link_total_values"]
    assert one["link_url"] == "https://example.org/a"
    assert one["value"] > 0


def test_deleting_has_a_quota_of_its_own(ada: Creator, codes: Any) -> None:
    ada.control.call("POST", "settings", {"deleteQuotaTotal": 1})
    first, second = ada.write(), ada.write()
    permalink = ada.good(ada.get(first, fields="permalink"))["permalink"]
    answer = ada.good(ada.call("DELETE", first))
    assert answer == {"success": True, "deleted_id": first}
    assert codes(ada.get(first)) == (100, 33)
    assert codes(ada.call("DELETE", first)) == (100, 33)
    assert ada.http.get(permalink).status_code == 404
    assert codes(ada.call("DELETE", second)) == (9, None)
    fields = "quota_usage,delete_quota_usage,delete_config"
    (limit,) = ada.good(ada.get("me/threads_publishing_limit", fields=fields))["data"]
    assert (limit["quota_usage"], limit["delete_quota_usage"]) == (2, 1)
    assert ada.control.call("GET", "stats")["posts"] == 1


def test_what_the_network_took_down_is_gone(ada: Creator, codes: Any) -> None:
    number = ada.write()
    container = ada.container(reply_to_id=number)
    ada.control.call("POST", f"posts/{number}/remove", {})
    assert codes(ada.get(number)) == (100, 33)
    assert codes(ada.post("me/threads_publish", creation_id=container)) == (100, None)
    assert ada.post_of(number)["state"] == "removed"


def test_pages_show_what_was_published_and_escape_it(ada: Creator) -> None:
    poll = json.dumps({"option_a": "<i>Tea</i>", "option_b": "Coffee"})
    number = ada.write(text="<b>bold</b>", poll_attachment=poll)
    ada.write(reply_to_id=number, text="<u>below</u>")
    permalink = ada.good(ada.get(number, fields="permalink"))["permalink"]
    for page in ("/timeline", "/@ada", permalink.removeprefix(ada.url)):
        text = ada.http.get(f"{ada.url}{page}").text
        assert "&lt;b&gt;bold&lt;/b&gt;" in text
        assert "&lt;i&gt;Tea" in text
        assert "<b>bold" not in text
    assert "&lt;u&gt;below" in ada.http.get(permalink).text
    assert "practice-client" in ada.http.get(f"{ada.url}/").text
    for nowhere in ("/@nobody", "/@ada/post/none", "/files/1/0", "/faces/1.svg"):
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

    def wait(self, count: int) -> tuple[dict[str, str], bytes]:
        deadline = time.monotonic() + 10
        while len(self.got) < count:
            assert time.monotonic() < deadline, "the webhook did not come"
            time.sleep(0.01)
        return self.got[count - 1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.close()


def test_replies_and_leaving_are_told_with_a_signature(ada: Creator, listener: Listener) -> None:
    ada.control.call("POST", "webhooks", {"url": listener.url, "verifyToken": "v1"})
    number = ada.write()
    written = ada.someone_replies(number)
    headers, body = listener.wait(1)
    digest = hmac.new(b"practice-secret", body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={digest}"
    event = json.loads(body)
    assert event["target_id"] == ada.ids["ada"]
    assert event["values"]["field"] == "replies"
    value = event["values"]["value"]
    assert (value["id"], value["root_post"]["id"], value["text"]) == (written, number, "Nice")

    ada.control.call("POST", "settings", {"webhookShape": "entry"})
    again = ada.someone_replies(written, "More", "carol")
    entry = json.loads(listener.wait(2)[1])["entry"][0]
    assert entry["id"] == ada.ids["ada"]
    assert entry["changes"][0]["value"]["id"] == again
    assert entry["changes"][0]["value"]["replied_to"] == {"id": written}

    ada.control.call("POST", "accounts/ada/deauthorize", {})
    form = urllib.parse.parse_qs(listener.wait(3)[1].decode())
    proof, _, payload = form["signed_request"][0].partition(".")
    expected = hmac.new(b"practice-secret", payload.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(proof + "=") == expected
    told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert told["user_id"] == ada.ids["ada"]
    gone = ada.get("me").json()["error"]
    assert (gone["code"], gone["error_subcode"]) == (190, 458)
