from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.youtube.tests.sandbox.conftest import Creator

LATER = "2099-01-01T10:00:00+02:00"


@pytest.mark.parametrize(
    ("snippet", "status", "reason"),
    [
        ({"title": ""}, {}, "invalidTitle"),
        ({"title": "  "}, {}, "invalidTitle"),
        ({"title": "x" * 101}, {}, "invalidTitle"),
        ({"title": "a <b"}, {}, "invalidTitle"),
        ({"title": "a > b"}, {}, "invalidTitle"),
        ({"title": 5}, {}, "invalid"),
        ({"description": "x" * 5001}, {}, "invalidDescription"),
        ({"description": "ä" * 2501}, {}, "invalidDescription"),
        ({"description": "<i>"}, {}, "invalidDescription"),
        ({"tags": ["x" * 501]}, {}, "invalidTags"),
        ({"tags": ["x" * 250, "y" * 250]}, {}, "invalidTags"),
        ({"tags": ["a b" + "c" * 496]}, {}, "invalidTags"),
        ({"tags": [""]}, {}, "invalidTags"),
        ({"tags": ["<a"]}, {}, "invalidTags"),
        ({"tags": "one"}, {}, "invalid"),
        ({"categoryId": "3"}, {}, "invalidCategoryId"),
        ({"categoryId": 22}, {}, "invalid"),
        ({"titel": "x"}, {}, "badRequest"),
        ({}, {"privacyStatus": "secret"}, "invalid"),
        ({}, {"privacyStatus": "public", "publishAt": LATER}, "invalidPublishAt"),
        ({}, {"privacyStatus": "unlisted", "publishAt": LATER}, "invalidPublishAt"),
        (
            {},
            {"privacyStatus": "private", "publishAt": "2020-01-01T00:00:00Z"},
            "invalidPublishAt",
        ),
        ({}, {"privacyStatus": "private", "publishAt": "2099-01-01"}, "invalidPublishAt"),
        ({}, {"privacyStatus": "private", "publishAt": "2099-01-01T10:00:00"}, "invalidPublishAt"),
        ({}, {"license": "mine"}, "invalid"),
        ({}, {"embeddable": "yes"}, "invalid"),
        ({}, {"selfDeclaredMadeForKids": "no"}, "invalid"),
        ({}, {"containsSyntheticMedia": 1}, "invalid"),
        ({}, {"madeWithAi": True}, "badRequest"),
    ],
)
def test_metadata_that_break_a_rule_are_refused(
    ada: Creator, snippet: dict[str, Any], status: dict[str, Any], reason: str
) -> None:
    answer = ada.start(ada.metadata(snippet=snippet, status=status))
    assert ada.refusal(answer) == (400, reason)
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("snippet", "status"),
    [
        ({"title": "x" * 100}, {}),
        ({"title": "🎬" * 100}, {}),
        ({"description": "ä" * 2500}, {}),
        ({"tags": ["x" * 250, "y" * 249]}, {}),
        ({"tags": ["a b" + "c" * 495]}, {}),
        ({"defaultLanguage": "de", "defaultAudioLanguage": "de"}, {}),
        ({"channelTitle": "ignored", "publishedAt": "ignored"}, {}),
        ({}, {"privacyStatus": "private", "publishAt": LATER}),
        ({}, {"license": "creativeCommon", "embeddable": False}),
        ({}, {"selfDeclaredMadeForKids": True, "containsSyntheticMedia": True}),
    ],
)
def test_metadata_at_the_limits_are_taken_and_read_back(
    ada: Creator, snippet: dict[str, Any], status: dict[str, Any]
) -> None:
    video = ada.upload(ada.metadata(snippet=snippet, status=status))
    for name in ("title", "description", "tags", "defaultLanguage"):
        if name in snippet:
            assert video["snippet"][name] == snippet[name]
    for name in ("privacyStatus", "license", "embeddable", "containsSyntheticMedia"):
        if name in status:
            assert video["status"][name] == status[name]
    if status.get("selfDeclaredMadeForKids"):
        assert video["status"]["madeForKids"] is True
    assert video["snippet"]["channelTitle"] == "Ada Films"


def test_a_refusal_has_the_form_of_the_api(ada: Creator) -> None:
    answer = ada.start(ada.metadata(snippet={"title": ""}))
    assert answer.json() == {
        "error": {
            "code": 400,
            "message": "The request metadata specifies an invalid or empty video title.",
            "errors": [
                {
                    "message": "The request metadata specifies an invalid or empty video title.",
                    "domain": "youtube.video",
                    "reason": "invalidTitle",
                    "location": "body.snippet.title",
                    "locationType": "other",
                }
            ],
        }
    }


def test_bodies_that_are_no_resource_are_refused(ada: Creator) -> None:
    query = "/upload/youtube/v3/videos?uploadType=resumable&part=snippet"
    headers = {**ada.headers, "Content-Type": "application/json"}
    for body, reason in (
        ("{", "parseError"),
        ("[]", "parseError"),
        ('{"snippet": []}', "invalid"),
        ('{"snipet": {}}', "badRequest"),
        ('{"snippet": {"title": "a"}, "status": {}}', "unexpectedPart"),
        ("{}", "invalidVideoMetadata"),
    ):
        answer = ada.http.post(query, content=body, headers=headers)
        assert ada.refusal(answer) == (400, reason), body
    text = ada.http.post(query, content="{}", headers={**ada.headers, "Content-Type": "text/plain"})
    assert ada.refusal(text) == (400, "badContent")


@pytest.mark.parametrize(
    ("path", "params", "refusal"),
    [
        ("videos", {"id": "x"}, (400, "required")),
        ("videos", {"part": "snippet"}, (400, "missingRequiredParameter")),
        ("videos", {"part": "snippet", "id": "x", "foo": "1"}, (400, "badRequest")),
        ("videos", {"part": "snipet", "id": "x"}, (400, "unknownPart")),
        ("channels", {"part": "snippet"}, (400, "missingRequiredParameter")),
        ("channels", {"part": "snippet", "mine": "yes"}, (400, "invalidParameter")),
        ("playlistItems", {"part": "snippet"}, (400, "missingRequiredParameter")),
        ("playlistItems", {"part": "snippet", "playlistId": "PLx"}, (404, "playlistNotFound")),
        (
            "playlists",
            {"part": "snippet", "mine": "true", "maxResults": "51"},
            (400, "invalidParameter"),
        ),
        (
            "playlists",
            {"part": "snippet", "mine": "true", "pageToken": "zz"},
            (400, "invalidPageToken"),
        ),
    ],
)
def test_questions_that_do_not_fit_are_refused(
    ada: Creator, path: str, params: dict[str, str], refusal: tuple[int, str]
) -> None:
    assert ada.refusal(ada.get(path, **params)) == refusal
