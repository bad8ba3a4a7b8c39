"""Every request that the adapter builds is one that Pinterest's OpenAPI description allows."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest

from mpcas2_hookspecs import Grant, Media, OAuthApp, Part, Published
from mpcas2_platform_pinterest.adapter import PinterestPlatform
from mpcas2_platform_pinterest.options import PinterestOptions
from mpcas2_testing import CannedServer, MemoryConnectContext
from mpcas2_testing.canned import Received

SPEC = Path(__file__).parents[4].parent / "shared" / "specs" / "pinterest" / "openapi.json"
pytestmark = pytest.mark.skipif(
    not SPEC.exists(), reason="Pinterest's OpenAPI description is not here"
)

BASE = "/below/v5"
FULL = PinterestOptions(
    board_id="5", board_section_id="6", link="https://example.com", dominant_color="#102030"
)
PNG = Media(id="p", kind="image", mime_type="image/png", size=9, alt_text="Sea")
JPEG = Media(id="j", kind="image", mime_type="image/jpeg", size=9)
LARGE = Media(id="l", kind="image", mime_type="image/png", size=11_000_000)
FILM = Media(id="v", kind="video", mime_type="video/mp4", size=9)
KEY_FRAME = PinterestOptions(board_id="5", cover_key_frame_time=3)
PLAIN = PinterestOptions(board_id="5")

PARTS = [
    (Part(index=0, text="Hello", title="Sea", media=(PNG,), options=FULL), "ImageBase64"),
    (Part(index=0, text="", media=(PNG, JPEG), options=PLAIN), "ImagesBase64"),
    (Part(index=0, text="", media=(LARGE,), options=PLAIN), "ImageURL"),
    (Part(index=0, text="", media=(LARGE, PNG), options=PLAIN), "ImagesURL"),
    (Part(index=0, text="", media=(FILM,), thumbnail=JPEG, options=PLAIN), "VideoID"),
    (Part(index=0, text="", media=(FILM,), options=KEY_FRAME), "VideoID"),
]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(SPEC.read_text())
    return read


def check(spec: dict[str, Any], request: Received) -> str:
    """Holds one request against the description and gives its operation."""
    operation, path = operation_of(spec, request.method, request.path.removeprefix(BASE))
    known = {
        one["name"]: one
        for one in (resolved(spec, one) for one in operation.get("parameters", ()))
        if one["in"] == "query"
    }
    given = dict(parse_qsl(request.query, strict_parsing=bool(request.query)))
    assert given.keys() <= known.keys(), f"{path} has no {given.keys() - known.keys()}"
    assert {name for name, one in known.items() if one.get("required")} <= given.keys()
    for name, value in given.items():
        validate(spec, typed(known[name]["schema"], value), known[name]["schema"])
    body = operation.get("requestBody")
    if body is None:
        assert request.body == b""
    else:
        kind = request.headers["content-type"].partition(";")[0]
        validate(spec, json.loads(request.body), body["content"][kind]["schema"])
    return f"{request.method} {path}"


def operation_of(spec: dict[str, Any], method: str, asked: str) -> tuple[dict[str, Any], str]:
    # A path without a template wins over one with.
    for path in sorted(spec["paths"], key=lambda path: path.count("{")):
        operation = spec["paths"][path].get(method.lower())
        if operation is not None and re.fullmatch(re.sub(r"\{[^}]+\}", r"\\d+", path), asked):
            return operation, path
    raise AssertionError(f"there is no {method} {asked}")


def resolved(spec: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in value:
        found: Any = spec
        for name in value["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        value = found
    return value


def typed(schema: dict[str, Any], value: str) -> Any:
    if schema.get("type") == "array":
        return value.split(",")
    return int(value) if schema.get("type") == "integer" else value


def validate(spec: dict[str, Any], value: Any, schema: dict[str, Any]) -> None:
    root = {"components": spec["components"], **schema}
    # Its arrays of metrics name each type for pictures and for videos, so an array mixes both lists.
    items = resolved(spec, schema).get("items", {})
    if isinstance(value, list) and "oneOf" in items:
        names = {name for one in items["oneOf"] for name in one["enum"]}
        assert set(value) <= names
        return
    jsonschema.Draft202012Validator(root).validate(value)


def names(spec: dict[str, Any], schema: str) -> set[str]:
    """Gives all names of an object: the description leaves its objects open."""
    found = spec["components"]["schemas"][schema]
    told = set(found.get("properties", ()))
    for one in found.get("allOf", ()):
        told |= set(resolved(spec, one).get("properties", ()))
    return told


def serve(canned: CannedServer) -> None:
    registered = {
        "media_id": "71",
        "media_type": "video",
        "upload_url": f"{canned.url}/host/upload",
        "upload_parameters": {"key": "k"},
    }
    canned.answer("media", registered, status=201)
    canned.answer("upload", b"", status=204)
    canned.answer("71", {"media_id": "71", "media_type": "video", "status": "succeeded"})


@pytest.mark.parametrize(("part", "source"), PARTS)
def test_publishing_keeps_to_the_description(
    spec: dict[str, Any], canned: CannedServer, worker: Any, part: Part, source: str
) -> None:
    worker.media = dict.fromkeys("pjlv", b"\x00\xff cont..")
    serve(canned)
    staged = worker.run(lambda platform, ctx: platform.stage(part, ctx))
    canned.answer("pins", {"id": "9"}, status=201)
    worker.run(lambda platform, ctx: platform.publish(staged, ctx))
    body = json.loads(canned.received[-1].body)
    canned.answer("pins", {"items": []})
    worker.run(lambda platform, ctx: platform.find(staged, ctx))
    seen = {check(spec, one) for one in canned.received if "/host/" not in one.path}
    assert {"POST /pins", "GET /boards/{board_id}/pins"} <= seen
    if FILM in part.media:
        assert {"POST /media", "GET /media/{media_id}"} <= seen
    assert body.keys() <= names(spec, "PinCreate")
    given = body["media_source"]
    assert given.keys() <= names(spec, f"PinMediaSource{source}")
    for item in given.get("items", ()):
        assert item.keys() <= names(spec, f"PinMediaSource{source}Item")


def test_all_else_keeps_to_the_description(
    spec: dict[str, Any], canned: CannedServer, worker: Any
) -> None:
    canned.answer("9", b"", status=204)
    worker.run(lambda platform, ctx: platform.delete(Published(id="9"), ctx))
    canned.answer("analytics", {})
    for data in ({}, {"filmed": True}):
        posts = [Published(id="9", data=data)]
        worker.run(lambda platform, ctx: platform.metrics(posts, ctx))  # noqa: B023 - called at once
    canned.answer("user_account", {"id": "7", "username": "ada"})
    worker.run(lambda platform, ctx: platform.account_metrics(ctx))
    canned.answer("boards", {"items": [{"id": "5", "name": "Food"}]})
    canned.answer("sections", {"items": [], "bookmark": "more"})
    worker.run(lambda platform, ctx: platform.targets(ctx))

    async def connections() -> None:
        async with MemoryConnectContext(access_token="t") as ctx:
            await worker.platform.connections(Grant(access_token="t"), ctx)

    asyncio.run(connections())
    assert {check(spec, request) for request in canned.received} == {
        "DELETE /pins/{pin_id}",
        "GET /pins/{pin_id}/analytics",
        "GET /user_account",
        "GET /boards",
        "GET /boards/{board_id}/sections",
    }


def test_tokens_keep_to_the_description(spec: dict[str, Any], worker: Any) -> None:
    app = OAuthApp(client_id="id", client_secret="secret")
    grant = Grant(access_token="a", refresh_token="b")
    asked = {
        "OauthAccessTokenRequestCode": worker.platform.grant_request("c", "https://r", "", app),
        "OauthAccessTokenRequestRefresh": worker.platform.refresh_request(
            worker.account, grant, app
        ),
    }
    for schema, request in asked.items():
        assert request.url.endswith(f"{BASE}/oauth/token")
        validate(spec, request.form, {"$ref": f"#/components/schemas/{schema}"})
        # The description tells of this one in words alone.
        assert request.form.keys() - {"continuous_refresh"} <= names(spec, schema)
    assert "continuous_refresh" in spec["paths"]["/oauth/token"]["post"]["description"]


def test_consent_keeps_to_the_description(spec: dict[str, Any]) -> None:
    flow = spec["components"]["securitySchemes"]["pinterest_oauth2"]["flows"]["authorizationCode"]
    settings = {
        "api_url": "https://api.pinterest.com",
        "api_version": "v5",
        "web_url": "https://www.pinterest.com",
        "secret_boards": True,
    }
    consent = PinterestPlatform(settings).consent
    assert set(consent.scopes) <= flow["scopes"].keys()
    assert consent.url == flow["authorizationUrl"]
