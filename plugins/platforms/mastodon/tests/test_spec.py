"""Every request that the adapter builds is one that the description of Mastodon's API allows."""

from __future__ import annotations

import asyncio
import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest

from mpcas2_hookspecs import Media, Part, Published
from mpcas2_platform_mastodon.options import MastodonOptions, PollOptions
from mpcas2_testing import CannedServer, MemoryConnectContext
from mpcas2_testing.canned import Received

SPEC = Path(__file__).parents[4].parent / "shared/specs/mastodon/schema.json"
pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="Mastodon's description is not here")

PICTURE = Media(id="p", kind="image", mime_type="image/png", size=3, alt_text="Sea")
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=3)
POLL = PollOptions(options=("a", "b"), multiple=True, hide_totals=True)
ABOVE = Published(id="8")
PARTS = [
    Part(index=0, text="Hello"),
    Part(index=0, text="Hallo", options=MastodonOptions(visibility="unlisted", language="de")),
    Part(index=0, text="", media=(PICTURE, PICTURE), options=MastodonOptions(sensitive=True)),
    Part(index=0, text="", media=(VIDEO,), thumbnail=PICTURE),
    Part(index=0, text="?", options=MastodonOptions(poll=POLL, spoiler_text="Quiz")),
    Part(index=1, text="More", root=ABOVE, parent=ABOVE),
]
POST = {"id": "99", "created_at": "2026-11-23T12:00:01Z", "media_attachments": []}


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(SPEC.read_text())
    return read


def check(spec: dict[str, Any], request: Received) -> str:
    """Holds one request against the description and gives its operation."""
    path, operation = operation_of(spec, request)
    known = {
        one["name"]
        for one in (resolved(spec, one) for one in operation.get("parameters", ()))
        if one["in"] == "query"
    }
    given = {name.removesuffix("[]") for name, _ in parse_qsl(request.query)}
    assert given <= known, f"{path} has no {given - known}"
    body = operation.get("requestBody")
    if body is None:
        assert request.body == b""
        return f"{request.method} {path}"
    kind = request.headers["content-type"].partition(";")[0]
    schema = body["content"][kind]["schema"]
    read = json.loads(request.body) if kind == "application/json" else form_of(request)
    # Its alternatives are open objects, so that a poll with a text is more than one of them.
    loose = {"anyOf" if name == "oneOf" else name: value for name, value in schema.items()}
    jsonschema.validate(read, {**loose, "components": spec["components"]})
    # Objects are open in the description: names are compared here.
    assert read.keys() <= names_of(spec, schema), read.keys() - names_of(spec, schema)
    return f"{request.method} {path}"


def operation_of(spec: dict[str, Any], request: Received) -> tuple[str, dict[str, Any]]:
    for path in sorted(spec["paths"], key=lambda path: path.count("{")):
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", path)
        operation = spec["paths"][path].get(request.method.lower())
        if re.fullmatch(pattern, request.path) and operation is not None:
            return path, operation
    raise AssertionError(f"there is no {request.method} {request.path}")


def resolved(spec: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = spec
        for part in value["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def names_of(spec: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    whole = resolved(spec, schema)
    names = set(whole.get("properties", ()))
    for kind in ("allOf", "oneOf", "anyOf"):
        for one in whole.get(kind, ()):
            names |= names_of(spec, one)
    return names


def form_of(request: Received) -> dict[str, Any]:
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    parts = BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts()
    return {
        str(part.get_param("name", header="content-disposition")): part.get_content()
        if part.get_filename() is None
        else "bytes"
        for part in parts
    }


@pytest.mark.parametrize("part", PARTS)
def test_posts_and_uploads(
    worker: Any, canned: CannedServer, spec: dict[str, Any], part: Part
) -> None:
    canned.answer("media", {"id": "5", "type": "image"})
    canned.answer("5", {"id": "5", "type": "image", "url": "https://s.example/5"})
    canned.answer("statuses", POST)
    worker.media = {"p": b"png", "v": b"mp4"}
    staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    worker.run(lambda platform, ctx: platform.publish(staged, ctx))
    assert "POST /api/v1/statuses" in [check(spec, request) for request in canned.received]


def test_everything_else(worker: Any, canned: CannedServer, spec: dict[str, Any]) -> None:
    post = Published(id="99")
    me = {"id": "7", "username": "ada", "acct": "ada"}
    for name, body in (
        ("statuses", [POST]),
        ("source", {"id": "99", "text": "Hi", "spoiler_text": ""}),
        ("context", {"descendants": []}),
        ("99", POST),
        ("verify_credentials", me),
        ("instance", {"domain": "s.example"}),
        ("apps", {"client_id": "x", "client_secret": "y"}),
    ):
        canned.answer(name, body)
    staged = worker.run(lambda platform, ctx: platform.stage(Part(index=0, text="Hi"), ctx))
    for call in (
        lambda platform, ctx: platform.find(staged, ctx),
        lambda platform, ctx: platform.metrics([post], ctx),
        lambda platform, ctx: platform.comments(post, ctx),
        lambda platform, ctx: platform.account_metrics(ctx),
        lambda platform, ctx: platform.read_profile(ctx),
        lambda platform, ctx: platform.delete(post, ctx),
    ):
        worker.run(call)

    async def register() -> None:
        async with MemoryConnectContext() as ctx:
            await worker.platform.register_app(canned.url, "https://us.example/back", ctx)

    asyncio.run(register())
    assert sorted({check(spec, request) for request in canned.received}) == [
        "DELETE /api/v1/statuses/{id}",
        "GET /api/v1/accounts/verify_credentials",
        "GET /api/v1/accounts/{id}/statuses",
        "GET /api/v1/statuses",
        "GET /api/v1/statuses/{id}/context",
        "GET /api/v1/statuses/{id}/source",
        "GET /api/v2/instance",
        "POST /api/v1/apps",
    ]
