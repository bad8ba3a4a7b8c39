"""Every request that the adapter builds is one that X's OpenAPI description allows."""

from __future__ import annotations

import json
import re
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest

from mpcas2_hookspecs import Grant, Media, Part, Published
from mpcas2_platform_twitter.options import PollOptions, XOptions
from mpcas2_testing import CannedServer, MemoryConnectContext
from mpcas2_testing.canned import Received

SPEC = Path(__file__).parents[4].parent / "shared" / "specs" / "x" / "openapi.json"
pytestmark = pytest.mark.skipif(not SPEC.exists(), reason="X's OpenAPI description is not here")

PNG = Media(id="p", kind="image", mime_type="image/png", size=9, alt_text="Sea")
JPEG = Media(id="j", kind="image", mime_type="image/jpeg", size=9)
GIF = Media(id="g", kind="image", mime_type="image/gif", size=9, alt_text="Waves")
VIDEO = Media(id="v", kind="video", mime_type="video/mp4", size=9)
POLL = PollOptions(options=("Yes", "No"), duration_minutes=60)

PARTS = [
    Part(index=0, text="Hello"),
    Part(index=0, text="", media=(PNG, JPEG)),
    Part(index=0, text="", media=(GIF,)),
    Part(index=0, text="Look", media=(VIDEO,)),
    Part(index=0, text="?", options=XOptions(poll=POLL, reply_settings="verified")),
    Part(index=0, text="!", options=XOptions(quote_post_id="1", community_id="2")),
    Part(index=0, text="!", options=XOptions(made_with_ai=True, paid_partnership=True)),
    Part(index=1, text="More", root=Published(id="7"), parent=Published(id="8")),
    Part(index=1, role="comment", text="First", root=Published(id="7"), parent=Published(id="7")),
]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(SPEC.read_text())
    return read


def check(spec: dict[str, Any], request: Received) -> str:
    """Holds one request against the description and gives its operation."""
    operation, path = operation_of(spec, request)
    queries = [
        resolved(spec, one)
        for one in operation.get("parameters", ())
        if resolved(spec, one)["in"] == "query"
    ]
    given = dict(parse_qsl(request.query, strict_parsing=bool(request.query)))
    known = {one["name"]: one["schema"] for one in queries}
    assert given.keys() <= known.keys(), f"{path} has no {given.keys() - known.keys()}"
    assert {one["name"] for one in queries if one.get("required")} <= given.keys()
    for name, value in given.items():
        validate(spec, typed(spec, known[name], value), known[name])
    body = operation.get("requestBody")
    if body is None:
        assert request.body == b""
    else:
        kind = request.headers["content-type"].partition(";")[0]
        schema = body["content"][kind]["schema"]
        read = json.loads(request.body) if kind == "application/json" else form_of(request)
        validate(spec, read, schema)
    return f"{request.method} {path}"


def operation_of(spec: dict[str, Any], request: Received) -> tuple[dict[str, Any], str]:
    # A path without a template wins, as /2/users/me does over /2/users/{id}.
    for path in sorted(spec["paths"], key=lambda path: path.count("{")):
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", path)
        operation = spec["paths"][path].get(request.method.lower())
        if re.fullmatch(pattern, request.path) and operation is not None:
            return operation, path
    raise AssertionError(f"there is no {request.method} {request.path}")


def resolved(spec: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = spec
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        value = found
    return value


def typed(spec: dict[str, Any], schema: dict[str, Any], value: str) -> Any:
    kind = resolved(spec, schema).get("type")
    if kind == "array":
        return value.split(",")
    return int(value) if kind == "integer" else value


def form_of(request: Received) -> dict[str, Any]:
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        # Binary stands for itself in the description, as a string of the format "binary".
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        fields[str(name)] = content.decode("latin-1")
    if "segment_index" in fields:
        fields["segment_index"] = int(fields["segment_index"])
    return fields


def validate(spec: dict[str, Any], value: Any, schema: dict[str, Any]) -> None:
    """Validates, and takes no name that the description does not have."""
    root = {"components": spec["components"], **schema}
    jsonschema.Draft202012Validator(root).validate(value)
    names = resolved(spec, schema).get("properties")
    if isinstance(value, dict) and names is not None:
        assert value.keys() <= names.keys()
        for name, inner in value.items():
            if isinstance(inner, dict):
                validate(spec, inner, names[name])


def serve(canned: CannedServer) -> None:
    state = {"state": "pending", "check_after_secs": 0.01}
    for name in ("upload", "initialize"):
        canned.answer(name, {"data": {"id": "71"}})
    canned.answer("finalize", {"data": {"id": "71", "processing_info": state}})
    for name in ("append", "metadata"):
        canned.answer(name, {"data": {"id": "71"}})


@pytest.mark.parametrize("part", PARTS)
def test_publishing_keeps_to_the_description(
    spec: dict[str, Any], canned: CannedServer, worker: Any, part: Part
) -> None:
    worker.media = dict.fromkeys("pjgv", b"\x00\xff content")
    serve(canned)
    staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    canned.answer("tweets", {"data": {"id": "9", "text": ""}}, status=201)
    worker.run(lambda platform, ctx: platform.publish(staged, ctx))
    canned.answer("tweets", {"data": [], "meta": {"next_token": "more"}})
    worker.run(lambda platform, ctx: platform.find(staged, ctx))
    seen = [check(spec, request) for request in canned.received]
    assert "POST /2/tweets" in seen
    assert "GET /2/users/{id}/tweets" in seen
    if VIDEO in part.media:
        assert "POST /2/media/upload/{id}/append" in seen
        assert "GET /2/media/upload" in seen


def test_all_else_keeps_to_the_description(
    spec: dict[str, Any], canned: CannedServer, worker: Any
) -> None:
    canned.answer("9", {"data": {"deleted": True}})
    worker.run(lambda platform, ctx: platform.delete(Published(id="9"), ctx))
    canned.answer("tweets", {"data": []})
    posts = [Published(id="1346889436626259968"), Published(id="2060000000000000000")]
    worker.run(lambda platform, ctx: platform.metrics(posts, ctx))
    canned.answer("me", {"data": {"id": "42", "username": "ada"}})

    async def connections(platform: Any, _: Any) -> None:
        async with MemoryConnectContext(access_token="t") as ctx:
            await platform.connections(Grant(access_token="t"), ctx)

    worker.run(connections)
    worker.run(lambda platform, ctx: platform.read_profile(ctx))
    worker.run(lambda platform, ctx: platform.account_metrics(ctx))
    assert {check(spec, request) for request in canned.received} == {
        "DELETE /2/tweets/{id}",
        "GET /2/tweets",
        "GET /2/users/me",
    }


def test_the_scopes_are_scopes_of_the_description(spec: dict[str, Any], worker: Any) -> None:
    flows = spec["components"]["securitySchemes"]["OAuth2UserToken"]["flows"]
    assert set(worker.platform.consent.scopes) <= flows["authorizationCode"]["scopes"].keys()
