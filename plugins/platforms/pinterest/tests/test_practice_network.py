"""Everything that the adapter can say is taken by the practice network, which was written apart."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest

from mpcas2_hookspecs import (
    CannotTell,
    Found,
    Media,
    Part,
    RateLimited,
    Rejected,
    Unauthorized,
)
from mpcas2_platform_pinterest.adapter import PinterestPlatform
from mpcas2_platform_pinterest.options import PinterestOptions
from mpcas2_platform_pinterest.rules import LIMITS, MAX_INLINE_BYTES
from mpcas2_sandbox import SandboxProcess
from mpcas2_testing import Bench, Desk, picture_bytes, video_bytes
from mpcas2_testing.consent import answer_to
from mpcas2_testing.fitting import fitting
from mpcas2_testing.resume_rules import ResumeRules

DAY = 24 * 3600.0
RENEWALS = 6


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("pinterest") as running:
        yield running


@pytest.fixture
def network(process: SandboxProcess) -> SandboxProcess:
    process.control.reset()
    return process


def bench_at(network: SandboxProcess, *, secret_boards: bool = False) -> Bench:
    settings = {
        "api_url": network.url,
        "api_version": "v5",
        "web_url": network.url,
        "secret_boards": secret_boards,
    }
    return Bench(
        platform=PinterestPlatform(settings),
        package="mpcas2_platform_pinterest",
        control=network.control,
        person="ada",
        publish=("POST /v5/pins$",),
        count_posts=lambda: int(network.control.call("GET", "stats")["posts"]),
        exact=False,
        samples=("video",),
        requires_options={"boardId": "{target}"},
    )


@pytest.fixture
def bench(network: SandboxProcess) -> Bench:
    return bench_at(network)


@pytest.fixture
def desk(bench: Bench) -> Desk:
    return bench.desk()


class TestVideos(ResumeRules):
    """The suite tries pictures, whose stage leaves nothing to go on with; here it is a video."""


def sizable(name: str, size: int) -> bytes:
    head = picture_bytes(40, 40)
    # What is behind the end of a picture is no part of it, and nobody looks there.
    return head + hashlib.shake_128(name.encode()).digest(size - len(head))


def pictures(desk: Desk, *sizes: int) -> tuple[Media, ...]:
    files = {f"p{number}": sizable(f"p{number}", size) for number, size in enumerate(sizes)}
    desk.media.update(files)
    return tuple(
        Media(id=name, kind="image", mime_type="image/png", size=len(content), width=40, height=40)
        for name, content in files.items()
    )


def pin(desk: Desk, **changes: Any) -> Part:
    return msgspec.structs.replace(desk.fresh(), **changes)


def posts(network: SandboxProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = network.control.call("GET", "posts?account=ada")["posts"]
    return found


@pytest.mark.parametrize(
    "sizes", [(MAX_INLINE_BYTES,), (MAX_INLINE_BYTES + 1,), (MAX_INLINE_BYTES + 1, 900)]
)
def test_pictures_arrive_whole_inside_the_request_or_by_address(
    desk: Desk, network: SandboxProcess, sizes: tuple[int, ...]
) -> None:
    desk.published(pin(desk, media=pictures(desk, *sizes)))
    (post,) = posts(network)
    for number in range(len(sizes)):
        assert hashlib.sha256(desk.media[f"p{number}"]).hexdigest() in str(post)


def test_a_pin_has_all_that_it_was_given(desk: Desk, network: SandboxProcess) -> None:
    targets = desk.run(desk.platform.targets)  # type: ignore[attr-defined]  # Pinterest's
    titles = {target.title: target for target in targets}
    board, section = titles["Recipes"], titles["Recipes / Soups"]
    assert (board.option, section.option) == ("boardId", "boardSectionId")
    assert "Gift ideas" not in titles
    options = PinterestOptions(
        board_id=board.id,
        board_section_id=section.id,
        link="https://example.com/soup",
        dominant_color="#102030",
    )
    (media,) = pictures(desk, 900)
    media = msgspec.structs.replace(media, alt_text="A bowl")
    part = pin(desk, text="Hot.", title="Soup", media=(media,), options=options)
    staged = desk.stage(part)
    published = desk.settled(desk.publish(staged))
    assert published.url == f"{network.url}/pin/{published.id}/"
    (post,) = posts(network)
    said = str(post)
    for wanted in (board.id, section.id, "Hot.", "Soup", "A bowl", "#102030", options.link):
        assert str(wanted) in said
    found = desk.find(staged)
    assert isinstance(found, Found)
    assert found.post.id == published.id


def test_secret_boards_are_listed_when_they_were_asked_for(network: SandboxProcess) -> None:
    desk = bench_at(network, secret_boards=True).desk()
    targets = desk.run(desk.platform.targets)  # type: ignore[attr-defined]  # Pinterest's
    secret = next(target for target in targets if target.title == "Gift ideas")
    options = PinterestOptions(board_id=secret.id)
    desk.published(pin(desk, media=pictures(desk, 900), options=options))


def test_a_lost_answer_is_found_once_the_list_has_caught_up(
    desk: Desk, network: SandboxProcess
) -> None:
    network.control.call("POST", "settings", {"listLagSeconds": 90})
    staged = desk.stage(pin(desk, media=pictures(desk, 900)))
    post = desk.publish(staged)
    first = desk.run(lambda ctx: desk.platform.find(staged, ctx))
    assert isinstance(first, CannotTell)
    assert desk.find(staged) == Found(post=post)


def test_a_cover_is_sent_beside_the_video(desk: Desk, network: SandboxProcess) -> None:
    (cover,) = pictures(desk, 900)
    desk.published(pin(desk, thumbnail=cover))
    (post,) = posts(network)
    assert hashlib.sha256(desk.media[cover.id]).hexdigest() in str(post["cover"])


def test_a_video_that_pinterest_cannot_process_is_refused_with_what_to_do(
    desk: Desk, network: SandboxProcess
) -> None:
    network.control.call("POST", "processing", {"next": [{"failed": True}]})
    part = desk.fresh()
    with pytest.raises(Rejected) as raised:
        desk.stage(part)
    assert "Convert" in raised.value.message
    desk.settled(desk.publish(desk.stage(part)))
    assert len(posts(network)) == 1


def grid() -> Iterator[tuple[str, str, dict[str, Any], bool]]:
    """Gives what is at a limit and what is above, where the suite does not try it: files."""
    image, video = LIMITS.media
    most = image.alt_text_max_length
    yield f"alt {most + 1}", "image", {"alt_text": "x" * (most + 1)}, False
    for size in (image.max_bytes, image.max_bytes + 1):
        yield f"{size} bytes", "image", {"size": size}, size == image.max_bytes
    for seconds in (video.min_duration, video.max_duration):
        yield f"{seconds} s", "video", {"seconds": seconds}, True
    for seconds in (3.9, 900.1):
        yield f"{seconds} s", "video", {"seconds": seconds}, False
    for width, height in ((200, 400), (382, 200)):
        yield f"{width}x{height}", "video", {"width": width, "height": height}, True
    for width, height in ((198, 400), (386, 200)):
        yield f"{width}x{height}", "video", {"width": width, "height": height}, False


@pytest.mark.parametrize(
    ("sample", "given", "taken"), [pytest.param(*row[1:], id=row[0]) for row in grid()]
)
def test_the_network_agrees_with_the_limits(
    desk: Desk, sample: str, given: dict[str, Any], taken: bool
) -> None:
    part = pin(desk, media=media_of(desk, sample, given))
    if taken:
        desk.published(part)
        return
    with pytest.raises(Rejected):
        desk.published(part)


def media_of(desk: Desk, sample: str, given: dict[str, Any]) -> tuple[Media, ...]:
    if sample == "video":
        desk.media["film"] = video_bytes(
            width=given.get("width", 640),
            height=given.get("height", 360),
            seconds=given.get("seconds", 5.0),
        )
        return (Media(id="film", kind="video", mime_type="video/mp4", size=100_000),)
    if "size" in given:
        return pictures(desk, given["size"])
    files = fitting(LIMITS, sample)
    # The desk gives its own files the same names.
    desk.media.update({f"my-{media.id}": content for media, content in files.items()})
    return tuple(
        msgspec.structs.replace(media, id=f"my-{media.id}", alt_text=given["alt_text"])
        for media in files
    )


def test_a_spent_limit_tells_when_to_come_back(desk: Desk, network: SandboxProcess) -> None:
    staged = desk.stage(pin(desk, media=pictures(desk, 900)))
    limit = {"route": "org_write", "limit": 1, "seconds": 60, "per": "user"}
    network.control.call("POST", "limits", limit)
    desk.publish(staged)
    with pytest.raises(RateLimited) as raised:
        desk.publish(staged)
    assert raised.value.retry_after is not None
    assert 0 < raised.value.retry_after <= limit["seconds"]  # type: ignore[operator]  # a number


def test_a_grant_lives_on_for_as_long_as_it_is_renewed(desk: Desk, network: SandboxProcess) -> None:
    platform: Any = desk.platform
    grant = desk.connection.grant
    assert grant.expires_at is not None
    assert grant.renew_at is not None
    for _ in range(RENEWALS):
        network.control.advance_clock(50 * DAY)
        with pytest.raises(Unauthorized):
            desk.run(partial(platform.read_profile))
        request = platform.refresh_request(desk.account, grant, desk.app)
        grant = platform.parse_refresh(asyncio.run(answer_to(request)))
        desk.connection = msgspec.structs.replace(desk.connection, grant=grant)
        assert desk.run(platform.read_profile).username == "ada"
    network.control.advance_clock(61 * DAY)
    request = platform.refresh_request(desk.account, grant, desk.app)
    with pytest.raises(Unauthorized) as raised:
        platform.parse_refresh(asyncio.run(answer_to(request)))
    assert raised.value.revoked


def test_an_app_from_before_the_change_is_served_as_well(network: SandboxProcess) -> None:
    network.control.call("POST", "settings", {"legacyApp": True})
    grant = bench_at(network).desk().connection.grant
    assert grant.refresh_token is not None


def test_figures_grow(desk: Desk, network: SandboxProcess) -> None:
    platform: Any = desk.platform
    film = desk.published(desk.fresh())
    picture = desk.published(pin(desk, media=pictures(desk, 900)))
    network.control.advance_clock(DAY)
    found = desk.run(lambda ctx: platform.metrics([film, picture], ctx))
    assert found.keys() == {film.id, picture.id}
    assert all(one.views is not None and one.saves is not None for one in found.values())
    assert "impression" in found[film.id].more
    figures = desk.run(platform.account_metrics)
    assert figures.posts is not None
    assert figures.posts >= len(found)


def test_a_retired_version_names_the_setting(network: SandboxProcess) -> None:
    bench = bench_at(network)
    desk = bench.desk()
    settings = {
        "api_url": network.url,
        "api_version": "v4",
        "web_url": network.url,
        "secret_boards": False,
    }
    desk.platform = PinterestPlatform(settings)
    with pytest.raises(Rejected) as raised:
        desk.run(desk.platform.read_profile)
    assert "MPCAS2_PINTEREST_API_VERSION" in raised.value.message
