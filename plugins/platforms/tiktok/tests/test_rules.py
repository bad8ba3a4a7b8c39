from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import Account, Media, Part
from mpcas2_platform_tiktok.options import TikTokOptions
from mpcas2_platform_tiktok.rules import limits_of, part_problems

FILM = Media(
    id="v", kind="video", mime_type="video/mp4", size=1, duration=10.0, width=720, height=1280
)
PHOTO = Media(id="p", kind="image", mime_type="image/jpeg", size=1, width=1080, height=1920)
KNOWN: dict[str, Any] = {"privacyOptions": ["PUBLIC_TO_EVERYONE", "SELF_ONLY"]}


def account(**data: Any) -> Account:
    return Account(
        id="a", platform="tiktok", platform_account_id="o", username="ada", data={**KNOWN, **data}
    )


def problems(*media: Media, text: str = "", title: str = "", **options: Any) -> list[str]:
    chosen = {"privacy": "SELF_ONLY", **options}
    part = Part(
        index=0,
        text=text,
        title=title,
        media=media,
        options=msgspec.convert(chosen, TikTokOptions),
    )
    found = list(part_problems(part, account()))
    assert all(one.message.endswith(".") for one in found)
    return [one.field for one in found]


@pytest.mark.parametrize(
    ("media", "more", "fields"),
    [
        ((FILM,), {}, []),
        ((PHOTO,) * 35, {}, []),
        ((), {}, ["media"]),
        ((FILM, FILM), {}, ["media"]),
        ((FILM, PHOTO), {}, ["media"]),
        ((PHOTO,) * 36, {}, ["media"]),
        ((FILM,), {"privacy": None}, ["options.privacy"]),
        ((FILM,), {"privacy": "MUTUAL_FOLLOW_FRIENDS"}, ["options.privacy"]),
        ((FILM,), {"privacy": None, "mode": "inbox"}, []),
        ((FILM,), {"coverTimestamp": 10}, []),
        ((FILM,), {"coverTimestamp": 10.1}, ["options.coverTimestamp"]),
        ((FILM,), {"autoAddMusic": True}, ["options.autoAddMusic"]),
        ((FILM,), {"aiGenerated": True, "disableDuet": True, "disableStitch": True}, []),
        ((PHOTO,), {"autoAddMusic": True, "brandContent": True}, []),
        ((PHOTO,), {"aiGenerated": True}, ["options.aiGenerated"]),
        ((PHOTO,), {"disableDuet": True}, ["options.disableDuet"]),
        ((PHOTO,), {"coverTimestamp": 0.0}, ["options.coverTimestamp"]),
        ((FILM,), {"text": "😀" * 1100}, []),
        ((FILM,), {"text": "😀" * 1100 + "a"}, ["text"]),
        ((PHOTO,), {"title": "😀" * 45}, []),
        ((PHOTO,), {"title": "😀" * 45 + "a"}, ["title"]),
    ],
)
def test_each_rule_has_its_field(
    media: tuple[Media, ...], more: dict[str, Any], fields: list[str]
) -> None:
    assert problems(*media, **more) == fields


@pytest.mark.parametrize(
    ("width", "height", "fits"),
    [(1080, 1920, True), (1920, 1080, True), (1081, 1081, False), (1080, 1080, True)],
)
def test_a_photo_has_1080_by_1920_either_way(width: int, height: int, *, fits: bool) -> None:
    photo = msgspec.structs.replace(PHOTO, width=width, height=height)
    assert (problems(photo) == []) is fits


@pytest.mark.parametrize(
    ("own", "seconds"), [(None, 600.0), (60, 60.0), (600, 600.0), (3600, 600.0)]
)
def test_a_creators_own_longest_video_holds(own: int | None, seconds: float) -> None:
    [video] = [one for one in limits_of(account(maxVideoSeconds=own)).media if one.kind == "video"]
    assert video.max_duration == seconds


def test_the_limits_are_those_of_the_contract(contract: Any) -> None:
    listed = {one["name"]: one["value"] for one in contract.shared("limits")["limits"]}
    limits = limits_of(None)
    video, photo = limits.media
    assert limits.title is not None
    assert limits.text.unit == limits.title.unit == "utf16"
    assert limits.text.max_length == min(listed["video.title"], listed["photo.description"])
    assert limits.title.max_length == listed["photo.title"]
    assert list(video.mime_types) == listed["video.types"]
    assert video.max_bytes <= listed["video.bytes"]
    assert (video.min_width, video.min_height) == (listed["video.minSide"],) * 2
    assert (video.max_width, video.max_height) == (listed["video.maxSide"],) * 2
    assert video.max_duration == listed["video.maxDuration"]
    assert list(photo.mime_types) == listed["photo.types"]
    assert (photo.max_count, photo.max_bytes) == (listed["photo.count"], listed["photo.bytes"])
    assert (photo.max_width, photo.max_height) == (listed["photo.maxLongSide"],) * 2
