from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jsonschema
import msgspec
import pytest

from mpcas2_hookspecs import Account, Media, Part
from mpcas2_platform_youtube.adapter import YouTubePlatform
from mpcas2_platform_youtube.options import YouTubeOptions
from mpcas2_platform_youtube.video import insert_params, video_resource

ACCOUNT = Account(id="a", platform="youtube", platform_account_id="UC1", username="ann")
FILM = Media(id="film", kind="video", mime_type="video/mp4", size=10)
TIME = "2027-01-31T18:00:00+01:00"

GOOD: list[dict[str, Any]] = [
    {},
    {"privacy": "unlisted", "madeForKids": False, "syntheticMedia": True},
    {"publishAt": TIME},
    {"tags": ["travel", "two words"], "categoryId": "22", "playlistId": "PL-a_1"},
    {"license": "creativeCommon", "embeddable": False, "defaultLanguage": "pt-BR"},
    {"notifySubscribers": False, "privacy": None},
]
BAD: list[dict[str, Any]] = [
    {"privacy": "secret"},
    {"madeForKids": "no"},
    {"tags": ["<b>"]},
    {"tags": [""]},
    {"tags": "travel"},
    {"categoryId": "People"},
    {"playlistId": "https://www.youtube.com/playlist?list=PL1"},
    {"license": "mit"},
    {"defaultLanguage": "english language"},
    {"unknown": 1},
]


@pytest.mark.parametrize("value", GOOD)
def test_good_options_are_taken_by_struct_and_schema(value: dict[str, Any]) -> None:
    msgspec.convert(value, YouTubeOptions)
    jsonschema.validate(value, msgspec.json.schema(YouTubeOptions))


@pytest.mark.parametrize("value", BAD)
def test_bad_options_are_refused_by_struct_and_schema(value: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, YouTubeOptions)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, msgspec.json.schema(YouTubeOptions))


def test_a_publishing_time_needs_a_zone() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"publishAt": "2027-01-31T18:00:00"}, YouTubeOptions)


def part(title: str = "A title", text: str = "A text", **options: Any) -> Part:
    given = msgspec.convert(options, YouTubeOptions)
    return Part(index=0, title=title, text=text, media=(FILM,), options=given)


def test_a_video_says_who_sees_it_even_when_nobody_chose() -> None:
    given = msgspec.structs.replace(part(), options=None)
    assert video_resource(given) == {
        "snippet": {"title": "A title", "description": "A text"},
        "status": {"privacyStatus": "public", "containsSyntheticMedia": False},
    }
    assert insert_params(YouTubeOptions()) == {"part": "snippet,status"}


def test_a_video_carries_every_option() -> None:
    given = part(
        publishAt=TIME,
        madeForKids=True,
        syntheticMedia=True,
        tags=["a", "b"],
        categoryId="22",
        license="youtube",
        embeddable=True,
        defaultLanguage="en",
        notifySubscribers=False,
    )
    assert video_resource(given) == {
        "snippet": {
            "title": "A title",
            "description": "A text",
            "tags": ["a", "b"],
            "categoryId": "22",
            "defaultLanguage": "en",
        },
        "status": {
            "privacyStatus": "private",
            "publishAt": "2027-01-31T17:00:00Z",
            "selfDeclaredMadeForKids": True,
            "containsSyntheticMedia": True,
            "license": "youtube",
            "embeddable": True,
        },
    }
    assert isinstance(given.options, YouTubeOptions)
    assert insert_params(given.options)["notifySubscribers"] == "false"


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        (part(), []),
        (part(title="a < b"), ["title"]),
        (part(text="<b>bold</b>"), ["text"]),
        (part(publishAt=TIME), []),
        (part(publishAt=TIME, privacy="private"), []),
        (part(publishAt=TIME, privacy="public"), ["options.publishAt"]),
        (part(publishAt=TIME, privacy="unlisted", title=">"), ["title", "options.publishAt"]),
        (part(tags=["x" * 100] * 4 + ["y" * 96]), []),
        (part(tags=["x" * 100] * 4 + ["y" * 97]), ["options.tags"]),
        # A tag with a space counts with quotes around it.
        (part(tags=["x" * 100] * 4 + ["y" * 94 + " z"]), ["options.tags"]),
    ],
)
def test_a_post_is_judged_when_it_is_planned(
    platform: YouTubePlatform, given: Part, fields: list[str]
) -> None:
    problems = platform.check_post([given], ACCOUNT)
    assert [problem.field for problem in problems] == fields
    assert all(problem.message for problem in problems)


def test_times_go_out_in_utc() -> None:
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    given = Part(index=0, text="", options=YouTubeOptions(publish_at=moment))
    assert video_resource(given)["status"]["publishAt"] == "2027-01-01T00:00:00Z"
