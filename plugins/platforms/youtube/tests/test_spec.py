"""Holds every request, and every field that is read, against YouTube's own discovery document."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from mpcas2_hookspecs import Grant, Part, Published
from mpcas2_platform_youtube import wire
from mpcas2_platform_youtube.adapter import YouTubePlatform
from mpcas2_platform_youtube.oauth import SCOPES
from mpcas2_platform_youtube.options import Privacy, YouTubeOptions
from mpcas2_platform_youtube.processing import FAILURES, REJECTIONS
from mpcas2_platform_youtube.upload_state import Handle, Wishes
from mpcas2_platform_youtube.video import LIMITS
from mpcas2_testing import MemoryConnectContext

SPEC = Path(__file__).resolve().parents[5] / "shared" / "specs" / "youtube" / "youtube.v3.json"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    if not SPEC.is_file():
        pytest.skip(f"the discovery document is not at {SPEC}")
    document: dict[str, Any] = json.loads(SPEC.read_text())
    return document


def method_of(spec: dict[str, Any], verb: str, path: str) -> dict[str, Any]:
    for resource in spec["resources"].values():
        for method in resource.get("methods", {}).values():
            simple = method.get("mediaUpload", {}).get("protocols", {}).get("simple", {})
            places = {f"/{method['path']}", simple.get("path")}
            if method["httpMethod"] == verb and path in places:
                found: dict[str, Any] = method
                return found
    raise AssertionError(f"YouTube has no {verb} {path}")


def check_query(spec: dict[str, Any], method: dict[str, Any], query: dict[str, list[str]]) -> None:
    known = {**spec["parameters"], **method["parameters"]}
    for name, values in query.items():
        rule = known[name]
        for value in values:
            if rule["type"] == "boolean":
                assert value in {"true", "false"}, name
            if rule["type"] == "integer":
                assert int(rule["minimum"]) <= int(value) <= int(rule["maximum"]), name
            # uploadType lists the protocols of old; the protocol itself says "resumable".
            if "enum" in rule and name != "uploadType":
                assert value in rule["enum"], name
    for name, rule in method["parameters"].items():
        assert not rule.get("required") or name in query, name


def check_body(spec: dict[str, Any], schema: dict[str, Any], value: Any, where: str) -> None:
    if "$ref" in schema:
        schema = spec["schemas"][schema["$ref"]]
    if schema["type"] == "object":
        assert isinstance(value, dict), where
        for name, inner in value.items():
            assert name in schema["properties"], f"{where}.{name}"
            check_body(spec, schema["properties"][name], inner, f"{where}.{name}")
    elif schema["type"] == "array":
        assert isinstance(value, list), where
        for inner in value:
            check_body(spec, schema["items"], inner, where)
    else:
        assert isinstance(value, {"string": str, "boolean": bool}[schema["type"]]), where
        assert value in schema.get("enum", [value]), where
        if schema.get("format") == "date-time":
            assert datetime.fromisoformat(str(value)).tzinfo is not None, where


def sent(google: Any, platform: YouTubePlatform, studio: Any) -> list[Any]:
    """Makes the adapter send every kind of request that it has."""
    options = YouTubeOptions(
        publish_at=datetime.fromisoformat("2027-01-31T18:00:00+01:00"),
        made_for_kids=False,
        synthetic_media=True,
        tags=("a", "b"),
        category_id="22",
        playlist_id="PL1",
        license="creativeCommon",
        embeddable=True,
        default_language="en",
        notify_subscribers=False,
    )
    part = studio.part(1000, options=options)
    processed = {"id": "vid1", "status": {"uploadStatus": "processed"}}
    google.queue("GET channels", {"items": [{"id": "UC1"}]})
    google.queue("GET videos", {"items": [processed]})
    google.queue("GET playlistItems", {"items": []})
    google.queue("GET playlists", {"items": [], "nextPageToken": "p2"})
    for name in ("POST set", "POST playlistItems"):
        google.queue(name)
    google.queue("DELETE videos", status=204)
    google.queue("DELETE comments", status=204)
    google.queue("POST commentThreads", {"id": "Ug1"})
    google.queue("GET commentThreads", {"items": []})

    async def everything(ctx: Any) -> None:
        async with MemoryConnectContext(access_token="a") as connecting:
            await platform.connections(Grant(access_token="a"), connecting)
        staged = await platform.stage(part, ctx)
        await platform.publish(staged, ctx)
        await platform.find(staged, ctx)
        google.gone = True
        await platform.find(staged, ctx)
        wishes = Wishes(privacy="public", playlist_id="PL1", thumbnail=studio.cover)
        handle = Handle(video_id="vid1", wishes=wishes)
        await platform.poll(msgspec.to_builtins(handle), ctx)
        await platform.targets(ctx)
        await platform.metrics([Published(id="vid1")], ctx)
        await platform.delete(Published(id="vid1"), ctx)
        await platform.account_metrics(ctx)
        root = Published(id="vid1")
        comment = await platform.stage(Part(index=1, role="comment", text="x", root=root), ctx)
        published = await platform.publish(comment, ctx)
        assert isinstance(published, Published)
        await platform.find(comment, ctx)
        await platform.comments(root, ctx, "p2")
        await platform.delete(published, ctx)

    studio.run(everything)
    requests: list[Any] = google.requests
    return requests


def test_every_request_is_one_that_youtube_has(
    spec: dict[str, Any], google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    seen = set()
    for request in sent(google, platform, studio):
        if request.name == "PUT session":
            continue  # the resumable protocol is not in the document
        method = method_of(spec, request.method, request.path)
        seen.add(method["id"])
        check_query(spec, method, request.query)
        assert set(SCOPES) & set(method["scopes"]), f"no scope of ours allows {method['id']}"
        if "part" in request.query and "response" in method:
            answer = spec["schemas"][method["response"]["$ref"]]
            item = answer["properties"].get("items", {}).get("items", method["response"])
            parts = set(request.query["part"][0].split(","))
            assert parts <= set(spec["schemas"][item["$ref"]]["properties"])
        if request.headers.get("content-type", "").startswith("application/json"):
            body = json.loads(request.body)
            check_body(spec, method["request"], body, method["id"])
            # A part that is not named in the query is dropped in silence.
            assert set(request.query["part"][0].split(",")) == set(body)
    assert seen == {
        "youtube.channels.list",
        "youtube.videos.insert",
        "youtube.videos.list",
        "youtube.videos.delete",
        "youtube.thumbnails.set",
        "youtube.playlists.list",
        "youtube.playlistItems.list",
        "youtube.playlistItems.insert",
        "youtube.commentThreads.insert",
        "youtube.commentThreads.list",
        "youtube.comments.delete",
    }


def test_an_upload_announces_size_and_kind(
    google: Any, platform: YouTubePlatform, studio: Any
) -> None:
    studio.run(lambda ctx: platform.stage(studio.part(1000), ctx))
    [opened] = google.requests
    assert opened.query["uploadType"] == ["resumable"]
    assert opened.headers["x-upload-content-length"] == "1000"
    assert opened.headers["x-upload-content-type"] == "video/mp4"


def test_no_scope_is_asked_for_in_vain(spec: dict[str, Any]) -> None:
    assert set(SCOPES) <= set(spec["auth"]["oauth2"]["scopes"])


def test_the_limits_are_within_youtubes(spec: dict[str, Any]) -> None:
    videos, thumbnails = spec["resources"]["videos"], spec["resources"]["thumbnails"]
    [film] = LIMITS.media
    assert film.max_bytes == int(videos["methods"]["insert"]["mediaUpload"]["maxSize"])
    picture = thumbnails["methods"]["set"]["mediaUpload"]
    assert LIMITS.thumbnail is not None
    assert LIMITS.thumbnail.max_bytes <= int(picture["maxSize"])
    assert set(LIMITS.thumbnail.mime_types) <= set(picture["accept"])


def test_every_reason_has_words_and_every_privacy_is_known(spec: dict[str, Any]) -> None:
    status = spec["schemas"]["VideoStatus"]["properties"]
    assert set(FAILURES) == set(status["failureReason"]["enum"])
    assert set(REJECTIONS) == set(status["rejectionReason"]["enum"])
    assert set(get_args(Privacy)) == set(status["privacyStatus"]["enum"])
    assert {"uploaded", "processed", "failed", "rejected", "deleted"} == set(
        status["uploadStatus"]["enum"]
    )


@pytest.mark.parametrize(
    ("read", "schema"),
    [
        (wire.Channel, "Channel"),
        (wire.ChannelSnippet, "ChannelSnippet"),
        (wire.ChannelContent, "ChannelContentDetails"),
        (wire.Playlist, "Playlist"),
        (wire.Titled, "PlaylistSnippet"),
        (wire.PlaylistItem, "PlaylistItem"),
        (wire.EntrySnippet, "PlaylistItemSnippet"),
        (wire.VideoReference, "ResourceId"),
        (wire.Video, "Video"),
        (wire.VideoSnippet, "VideoSnippet"),
        (wire.VideoStatus, "VideoStatus"),
        (wire.ProcessingDetails, "VideoProcessingDetails"),
        (wire.Statistics, "VideoStatistics"),
        (wire.Page[wire.Video], "VideoListResponse"),
        (wire.UploadedVideo, "Video"),
        (wire.ChannelStatistics, "ChannelStatistics"),
        (wire.CommentThread, "CommentThread"),
        (wire.ThreadSnippet, "CommentThreadSnippet"),
        (wire.ThreadReplies, "CommentThreadReplies"),
        (wire.CommentResource, "Comment"),
        (wire.CommentSnippet, "CommentSnippet"),
        (wire.CommentAuthor, "CommentSnippetAuthorChannelId"),
    ],
)
def test_every_field_that_is_read_is_one_that_youtube_sends(
    spec: dict[str, Any], read: Any, schema: str
) -> None:
    names = {field.encode_name for field in msgspec.structs.fields(read)}
    assert names <= set(spec["schemas"][schema]["properties"])
