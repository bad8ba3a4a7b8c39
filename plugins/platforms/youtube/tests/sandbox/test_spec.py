"""Every answer and every accepted body, held against the API's discovery document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mpcas2_platform_youtube.sandbox import resource_fields, scopes
from mpcas2_platform_youtube.sandbox.api_times import parse_api_time
from mpcas2_platform_youtube.sandbox.read_methods import READ_METHODS
from mpcas2_platform_youtube.sandbox.upload_methods import VIDEOS_INSERT
from mpcas2_platform_youtube.sandbox.write_methods import MAX_THUMBNAIL_BYTES, WRITE_METHODS

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    import httpx
    from plugins.platforms.youtube.tests.sandbox.conftest import Creator

ROOT = Path(__file__).resolve().parents[5]
DISCOVERY = ROOT.parent / "shared" / "specs" / "youtube" / "youtube.v3.json"
METHODS = (*READ_METHODS, *WRITE_METHODS, VIDEOS_INSERT)
TYPES: dict[str, type] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "array": list,
}

pytestmark = pytest.mark.skipif(
    not DISCOVERY.is_file(), reason="the discovery document is not beside this repository"
)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(DISCOVERY.read_text())
    return loaded


def check(value: Any, schema: dict[str, Any], document: dict[str, Any], path: str) -> None:
    """Checks a value against a schema; names that the schema lacks are misspelt."""
    if "$ref" in schema:
        check(value, document["schemas"][schema["$ref"]], document, path)
        return
    kind: type = type(value)
    assert kind is TYPES[schema["type"]], path
    if "enum" in schema:
        assert value in schema["enum"], path
    if schema.get("format") == "date-time":
        assert parse_api_time(value) is not None, path
    if schema.get("format") == "uint64":
        assert value.isdigit(), path
    if schema["type"] == "array":
        for member in value:
            check(member, schema["items"], document, f"{path}[]")
    if schema["type"] == "object":
        known = schema.get("properties", {})
        more = schema.get("additionalProperties")
        for name, member in value.items():
            assert name in known or more, f"{path}.{name}"
            check(member, known.get(name, more), document, f"{path}.{name}")


def conforms(answer: httpx.Response, name: str, document: dict[str, Any]) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    value: dict[str, Any] = answer.json()
    schema = document["schemas"][name]
    check(value, schema, document, name)
    assert value["kind"] == schema["properties"]["kind"]["default"]
    return value


def all_parts(name: str) -> str:
    return ",".join(sorted(next(one.parts for one in METHODS if one.name == name)))


@pytest.mark.parametrize("method", METHODS, ids=lambda one: one.name)
def test_methods_are_those_of_the_document(method: Any, document: dict[str, Any]) -> None:
    resource, verb = method.name.split(".")
    described = document["resources"][resource]["methods"][verb]
    paths = {"/" + described["path"]}
    uploads = described.get("mediaUpload", {}).get("protocols", {})
    paths |= {one["path"] for one in uploads.values()}
    assert method.path in paths
    assert method.verb == described["httpMethod"]
    assert method.scopes <= set(described["scopes"])
    assert set(described["scopes"]) & set(scopes.SCOPES) == method.scopes
    own = method.parameters - {"uploadType"}
    assert own <= set(described["parameters"])
    required = {name for name, one in described["parameters"].items() if one.get("required")}
    assert required <= set(method.required)
    if uploads and method.name == "thumbnails.set":
        assert int(described["mediaUpload"]["maxSize"]) == MAX_THUMBNAIL_BYTES


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        (resource_fields.VIDEO, "Video"),
        (resource_fields.PLAYLIST, "Playlist"),
        (resource_fields.PLAYLIST_ITEM, "PlaylistItem"),
        (resource_fields.COMMENT_THREAD, "CommentThread"),
    ],
)
def test_known_fields_are_those_of_the_document(
    fields: Any, name: str, document: dict[str, Any]
) -> None:
    def compare(known: Any, schema: dict[str, Any], path: str) -> None:
        if "$ref" in schema:
            schema = document["schemas"][schema["$ref"]]
        if known is resource_fields.ANY:
            assert schema["type"] == "object", path
        elif isinstance(known, tuple):
            assert list(known) == schema["enum"], path
        elif isinstance(known, list):
            assert schema["type"] == "array", path
            compare(known[0], schema["items"], f"{path}[]")
        elif isinstance(known, type):
            assert TYPES[schema["type"]] is known, path
        else:
            assert set(known) == set(schema["properties"]), path
            for member, expected in known.items():
                compare(expected, schema["properties"][member], f"{path}.{member}")

    compare(fields, {"$ref": name}, name)


def test_bodies_that_are_taken_are_those_of_the_document(
    ada: Creator, document: dict[str, Any]
) -> None:
    snippet = {"tags": ["a", "b c"], "defaultLanguage": "en"}
    status = {
        "privacyStatus": "private",
        "publishAt": "2099-01-01T10:00:00Z",
        "license": "creativeCommon",
        "embeddable": True,
        "publicStatsViewable": False,
        "selfDeclaredMadeForKids": False,
        "containsSyntheticMedia": True,
    }
    body = ada.metadata(snippet=snippet, status=status)
    check(body, document["schemas"]["Video"], document, "Video")
    assert ada.start(body).status_code == 200


def test_video_answers_are_those_of_the_document(ada: Creator, document: dict[str, Any]) -> None:
    parts = all_parts("videos.list")
    outcomes: list[dict[str, str]] = [{"failureReason": "codec"}, {"rejectionReason": "claim"}, {}]
    ada.control.call("POST", "processing", {"next": outcomes})
    sessions = [ada.session(part=parts) for _ in outcomes]
    answers = [ada.put(one, ada.mp4()) for one in sessions]
    ids = [conforms(one, "Video", document)["id"] for one in answers]
    for _ in range(2):
        listed = ada.get("videos", part=parts, id=",".join(ids))
        assert len(conforms(listed, "VideoListResponse", document)["items"]) == 3
        ada.control.advance_clock(60)
    status = {"privacyStatus": "private", "publishAt": "2099-01-01T10:00:00Z"}
    scheduled = ada.published(ada.metadata(snippet={"tags": ["a"]}, status=status))
    conforms(ada.get("videos", part=parts, id=scheduled), "VideoListResponse", document)


def test_other_answers_are_those_of_the_document(ada: Creator, document: dict[str, Any]) -> None:
    video_id = ada.published()
    channels = ada.get("channels", part=all_parts("channels.list"), mine="true")
    conforms(channels, "ChannelListResponse", document)
    body = {"snippet": {"title": "x"}, "status": {"privacyStatus": "unlisted"}}
    parts = all_parts("playlists.list")
    playlist = conforms(ada.post("playlists", body, part=parts), "Playlist", document)
    conforms(ada.get("playlists", part=parts, mine="true"), "PlaylistListResponse", document)
    resource = {"kind": "youtube#video", "videoId": video_id}
    item = {"snippet": {"playlistId": playlist["id"], "resourceId": resource}}
    parts = all_parts("playlistItems.list")
    for _ in range(3):
        conforms(ada.post("playlistItems", item, part=parts), "PlaylistItem", document)
    query = {"part": parts, "playlistId": playlist["id"], "maxResults": 1}
    first = conforms(ada.get("playlistItems", **query), "PlaylistItemListResponse", document)
    query["pageToken"] = first["nextPageToken"]
    second = conforms(ada.get("playlistItems", **query), "PlaylistItemListResponse", document)
    assert {"nextPageToken", "prevPageToken"} <= set(second)
    thumbnail = ada.http.post(
        "/upload/youtube/v3/thumbnails/set",
        params={"videoId": video_id},
        content=ada.png(),
        headers={**ada.headers, "Content-Type": "image/png"},
    )
    conforms(thumbnail, "ThumbnailSetResponse", document)
    comment = {"snippet": {"textOriginal": "Nice"}}
    thread = {"snippet": {"videoId": video_id, "topLevelComment": comment}}
    made = conforms(ada.post("commentThreads", thread, part="snippet"), "CommentThread", document)
    query = {"part": "snippet,replies", "videoId": video_id, "maxResults": 100}
    listed = ada.get("commentThreads", **query)
    assert len(conforms(listed, "CommentThreadListResponse", document)["items"]) == 1
    assert (
        ada.http.delete(
            "/youtube/v3/comments", params={"id": made["id"]}, headers=ada.headers
        ).status_code
        == 204
    )
