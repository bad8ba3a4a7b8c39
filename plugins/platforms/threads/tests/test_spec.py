"""Every request that the adapter builds is one of Meta's collection, by method, path and names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from mpcas2_hookspecs import Grant, Media, OAuthApp, Part, Published
from mpcas2_platform_threads.options import ThreadsOptions
from mpcas2_testing import CannedServer
from mpcas2_testing.canned import Received

SPEC = Path(__file__).parents[4].parent / "shared/specs/threads/threads-api.postman_collection.json"
pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="Meta's collection is not here")

PICTURE = Media(id="p", kind="image", mime_type="image/png", size=3, alt_text="Sea")
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=3)
ABOVE = Published(id="8")
PARTS = [
    Part(index=0, text="Hello", options=ThreadsOptions(reply_control="everyone", topic_tag="sea")),
    Part(index=0, text="?", options=ThreadsOptions(poll=("a", "b"), location_id="5")),
    Part(index=0, text="!", options=ThreadsOptions(link_attachment="https://a.io")),
    Part(index=0, text="!", options=ThreadsOptions(quote_post_id="3")),
    Part(index=0, text="", media=(PICTURE,), options=ThreadsOptions(spoiler_media=True)),
    Part(index=0, text="", media=(PICTURE, VIDEO)),
    Part(index=1, text="More", root=ABOVE, parent=ABOVE),
]


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], set[str]]:
    """Gives the names of parameters by method and path; ids are ``*``."""
    found: dict[tuple[str, str], set[str]] = {}
    for request in _requests(json.loads(SPEC.read_text())["item"]):
        url = request["url"]
        path = "/".join(
            "*" if part.startswith("{{") else part for part in url.get("path", ()) if part
        )
        names = {one["key"] for one in url.get("query", ())}
        found.setdefault((request["method"], path), set()).update(names)
    return found


def _requests(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if "item" in item:
            yield from _requests(item["item"])
        else:
            yield item["request"]


def check(known: dict[tuple[str, str], set[str]], request: Received) -> None:
    path = request.path.removeprefix("/v1.0").strip("/")
    path = re.sub(r"^\d+", "*", path)
    assert (request.method, path) in known, f"there is no {request.method} {path}"
    given = {
        name for name, _ in parse_qsl(request.query) + parse_qsl(request.body.decode("latin-1"))
    }
    # Every list has pages; the collection shows how for some of them only.
    assert given <= known[request.method, path] | {"after"}, path


@pytest.mark.parametrize("part", PARTS)
def test_containers_and_publishing(
    worker: Any, canned: CannedServer, known: dict[tuple[str, str], set[str]], part: Part
) -> None:
    canned.answer("threads_publishing_limit", {"data": []})
    canned.answer("threads", {"id": "71"})
    canned.answer("71", {"status": "FINISHED"})
    canned.answer("threads_publish", {"id": "99"})
    worker.media = {"p": b"png", "v": b"mp4"}
    staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    worker.run(lambda platform, ctx: platform.publish(staged, ctx))
    worker.run(lambda platform, ctx: platform.find(staged, ctx))
    assert len(canned.received) >= 4
    for request in canned.received:
        check(known, request)


def test_everything_else(
    worker: Any, canned: CannedServer, known: dict[tuple[str, str], set[str]]
) -> None:
    post = Published(id="99")
    listed = {"container": "71", "madeAt": "2026-11-23T12:00:00Z", "text": "", "isReply": True}
    for name in ("99", "me", "replies", "threads", "insights", "threads_insights", "conversation"):
        canned.answer(name, {"id": "99", "username": "ada", "data": []})
    for call in (
        lambda platform, ctx: platform.poll({"postId": "99"}, ctx),
        lambda platform, ctx: platform.poll({"staged": listed}, ctx),
        lambda platform, ctx: platform.poll({"staged": listed | {"isReply": False}}, ctx),
        lambda platform, ctx: platform.metrics([post], ctx),
        lambda platform, ctx: platform.account_metrics(ctx),
        lambda platform, ctx: platform.comments(post, ctx, "next"),
        lambda platform, ctx: platform.read_profile(ctx),
        lambda platform, ctx: platform.delete(post, ctx),
    ):
        worker.run(call)
    assert len(canned.received) == 8
    for request in canned.received:
        check(known, request)


def test_requests_for_grants(worker: Any, known: dict[tuple[str, str], set[str]]) -> None:
    app = OAuthApp(client_id="1", client_secret="s")
    trade = worker.platform.grant_request("c", "https://us.example", "v", app)
    assert set(trade.form) <= known["POST", "oauth/access_token"]
    grant = Grant(access_token="t", refresh_token="t")
    renewal = urlsplit(worker.platform.refresh_request(worker.account, grant, app).url)
    # The collection adds the token to every request by itself.
    names = {name for name, _ in parse_qsl(renewal.query)} - {"access_token"}
    assert names <= known["GET", renewal.path.strip("/")]
