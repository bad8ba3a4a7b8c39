"""Everything that the adapter can say is taken by the practice network, which was written apart."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any
from urllib.request import urlopen

import httpx
import msgspec
import pytest

from mpcas2_hookspecs import (
    Accepted,
    CannotTell,
    Found,
    Media,
    OAuthApp,
    OutcomeUnknown,
    Part,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)
from mpcas2_platform_youtube.adapter import YouTubePlatform
from mpcas2_platform_youtube.options import YouTubeOptions
from mpcas2_platform_youtube.processing import FAILURES, REJECTIONS
from mpcas2_sandbox import FaultRule, SandboxProcess
from mpcas2_testing import PRACTICE_APP, Bench, Desk, picture_bytes, video_bytes
from mpcas2_testing.consent import answer_to, connect_with_consent

MIB = 1024 * 1024
UPLOAD = "/upload/youtube/v3/videos"
WEEK = 8 * 24 * 3600.0


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    with SandboxProcess("youtube") as running:
        yield running


@pytest.fixture
def network(process: SandboxProcess) -> SandboxProcess:
    process.control.reset()
    return process


def bench(network: SandboxProcess, person: str = "ada") -> Bench:
    addresses = ("api_url", "accounts_url", "token_url", "web_url")
    return Bench(
        platform=YouTubePlatform(dict.fromkeys(addresses, network.url)),
        package="mpcas2_platform_youtube",
        control=network.control,
        person=person,
        publish_path=UPLOAD,
        count_posts=lambda: int(network.control.call("GET", "stats")["posts"]),
        sample="video",
    )


@pytest.fixture
def desk(network: SandboxProcess) -> Desk:
    return bench(network).desk()


def film(desk: Desk, size: int, **more: Any) -> Part:
    # Bytes that never repeat, so that one that is sent twice or left out changes the hash.
    head = video_bytes(64)
    desk.media["film"] = head + hashlib.shake_128(b"film").digest(size - len(head))
    media = Media(id="film", kind="video", mime_type="video/mp4", size=size, duration=3.0)
    return Part(index=0, title="A film", text="What it shows.", media=(media,), **more)


def cover(desk: Desk) -> Media:
    desk.media["cover"] = picture_bytes()
    size = len(desk.media["cover"])
    return Media(id="cover", kind="image", mime_type="image/png", size=size)


def playlist(network: SandboxProcess, desk: Desk, title: str) -> str:
    answer = httpx.post(
        f"{network.url}/youtube/v3/playlists",
        params={"part": "snippet,status"},
        json={"snippet": {"title": title}, "status": {"privacyStatus": "public"}},
        headers={"Authorization": f"Bearer {desk.connection.grant.access_token}"},
        trust_env=False,
    )
    return str(answer.json()["id"])


def posts(network: SandboxProcess) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = network.control.call("GET", "posts")["posts"]
    return listed


def renewed(desk: Desk) -> Desk:
    platform = desk.platform
    assert isinstance(platform, YouTubePlatform)
    grant = desk.connection.grant
    request = platform.refresh_request(desk.account, grant, PRACTICE_APP)
    fresh = platform.parse_refresh(asyncio.run(answer_to(request)))
    assert fresh.refresh_token is None
    kept = msgspec.structs.replace(fresh, refresh_token=grant.refresh_token)
    desk.connection = msgspec.structs.replace(desk.connection, grant=kept)
    return desk


def test_a_video_with_everything_reaches_the_network(network: SandboxProcess, desk: Desk) -> None:
    network.control.call("POST", "processing", {"processingSeconds": 60})
    playlist_id = playlist(network, desk, "Trips")
    options = YouTubeOptions(
        publish_at=datetime.fromisoformat("2099-01-31T18:00:00+01:00"),
        made_for_kids=True,
        synthetic_media=True,
        tags=("sea", "two words"),
        category_id="22",
        playlist_id=playlist_id,
        license="creativeCommon",
        embeddable=False,
        default_language="en",
        notify_subscribers=False,
    )
    part = film(desk, 3 * MIB, options=options, thumbnail=cover(desk))
    post = desk.settled(desk.publish(desk.stage(part)))
    assert post.data == {"privacy": "private", "publishAt": "2099-01-31T17:00:00Z"}
    [made] = posts(network)
    assert made["sha256"] == hashlib.sha256(desk.media["film"]).hexdigest()
    assert made["hasThumbnail"]
    assert made["playlists"] == [playlist_id]
    snippet, status = made["snippet"], made["status"]
    assert (snippet["title"], snippet["description"]) == ("A film", "What it shows.")
    assert list(snippet["tags"]) == ["sea", "two words"]
    assert (snippet["categoryId"], snippet["defaultLanguage"]) == ("22", "en")
    assert (status["license"], status["embeddable"]) == ("creativeCommon", False)
    assert status["containsSyntheticMedia"] is True
    assert status["selfDeclaredMadeForKids"] is True


def test_a_public_video_is_seen_under_its_address(network: SandboxProcess, desk: Desk) -> None:
    post = desk.settled(desk.publish(desk.stage(film(desk, 100_000))))
    assert post.url is not None
    with urlopen(post.url) as page:
        assert "A film" in page.read().decode()


def test_playlists_are_listed_for_the_option(network: SandboxProcess, desk: Desk) -> None:
    made = {playlist(network, desk, f"List {number}") for number in range(51)}
    platform = desk.platform
    assert isinstance(platform, YouTubePlatform)
    assert {target.id for target in desk.run(platform.targets)} == made


@pytest.mark.parametrize("action", ["cut_before", "cut_after", "truncated", "status_after"])
def test_an_upload_that_breaks_at_each_chunk_is_one_video_with_each_byte_once(
    network: SandboxProcess, desk: Desk, action: Any
) -> None:
    part = film(desk, 20 * MIB + 5)
    for worker in range(4):
        # Each worker after the first asks before it sends, so its first chunk is the second request.
        network.control.add_fault(
            FaultRule(action=action, path=UPLOAD, method="PUT", after=min(worker, 1), status=502)
        )
        with suppress(Unavailable):
            desk.stage(part)
        network.control.clear_faults()
    staged = desk.stage(part)
    answer = desk.publish(staged)
    assert isinstance(answer, Accepted)
    [session] = network.control.call("GET", "uploads")
    ends = [first for first, _ in session["received"]]
    assert ends == sorted(set(ends))
    sizes = [last - first + 1 for first, last in session["received"]]
    assert sum(sizes) == 20 * MIB + 5
    assert session["sha256"] == hashlib.sha256(desk.media["film"]).hexdigest()


@pytest.mark.parametrize("action", ["cut_after", "malformed", "truncated", "status_after"])
def test_a_lost_answer_to_the_end_is_found_and_followed(
    network: SandboxProcess, desk: Desk, action: Any
) -> None:
    staged = desk.stage(film(desk, 3 * MIB))
    network.control.add_fault(FaultRule(action=action, path=UPLOAD, method="PUT", status=504))
    with pytest.raises(OutcomeUnknown):
        desk.publish(staged)
    found = desk.find(staged)
    assert isinstance(found, Accepted)
    assert desk.settled(found).id == posts(network)[0]["id"]
    assert len(posts(network)) == 1


def test_two_workers_that_send_the_end_make_one_video(network: SandboxProcess, desk: Desk) -> None:
    staged = desk.stage(film(desk, 100_000))

    async def both(ctx: Any) -> list[Any]:
        send = partial(desk.platform.publish, staged, ctx)
        return list(await asyncio.gather(send(), send()))

    first, second = desk.run(both)
    assert first == second
    assert len(posts(network)) == 1


def test_a_session_that_ran_out_is_looked_up_among_the_uploads(
    network: SandboxProcess, desk: Desk
) -> None:
    staged = desk.stage(film(desk, 100_000))
    answer = desk.publish(staged)
    network.control.advance_clock(WEEK)
    assert renewed(desk).find(staged) == answer


def test_a_session_that_ran_out_before_its_end_is_opened_anew(
    network: SandboxProcess, desk: Desk
) -> None:
    part = film(desk, 3 * MIB)
    staged = desk.stage(part)
    network.control.advance_clock(WEEK)
    renewed(desk)
    with pytest.raises(Rejected, match="no longer knows"):
        desk.publish(staged)
    assert isinstance(desk.publish(desk.stage(part)), Accepted)
    assert len(posts(network)) == 1


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"failureReason": "codec"}, FAILURES["codec"]),
        ({"failureReason": "conversion"}, FAILURES["conversion"]),
        ({"rejectionReason": "copyright"}, REJECTIONS["copyright"]),
        ({"rejectionReason": "length"}, REJECTIONS["length"]),
    ],
)
def test_a_refusal_after_the_upload_is_told(
    network: SandboxProcess, desk: Desk, outcome: dict[str, str], words: str
) -> None:
    network.control.call("POST", "processing", {"processingSeconds": 30, "next": [outcome]})
    answer = desk.publish(desk.stage(film(desk, 100_000)))
    with pytest.raises(Rejected) as raised:
        desk.settled(answer)
    assert raised.value.message == words


def test_a_playlist_that_is_gone_does_not_lose_the_video(
    network: SandboxProcess, desk: Desk
) -> None:
    part = film(desk, 100_000, options=YouTubeOptions(playlist_id="PLgone"))
    post = desk.settled(desk.publish(desk.stage(part)))
    assert "playlist" in post.data["warnings"][0]
    assert len(posts(network)) == 1


def test_a_used_up_quota_of_uploads_is_named(network: SandboxProcess, desk: Desk) -> None:
    network.control.call("POST", "quota", {"uploads": 0})
    part = film(desk, 100_000)
    with pytest.raises(RateLimited) as raised:
        desk.stage(part)
    assert raised.value.quota == "uploads"
    assert 0 < (raised.value.retry_after or 0) <= 25 * 3600


def test_a_used_up_quota_of_units_is_named(network: SandboxProcess, desk: Desk) -> None:
    network.control.call("POST", "quota", {"units": 0})
    platform = desk.platform
    assert isinstance(platform, YouTubePlatform)
    with pytest.raises(RateLimited) as raised:
        desk.run(platform.targets)
    assert raised.value.quota == "units"


def test_the_channels_own_cap_is_a_day(network: SandboxProcess, desk: Desk) -> None:
    channel = desk.account.platform_account_id
    network.control.call("POST", f"channels/{channel}", {"uploadLimitExceeded": True})
    with pytest.raises(RateLimited) as raised:
        desk.stage(film(desk, 100_000))
    assert (raised.value.quota, raised.value.retry_after) == (None, 24 * 3600.0)


def test_metadata_that_the_network_refuses_is_told_before_the_upload(
    network: SandboxProcess, desk: Desk
) -> None:
    part = msgspec.structs.replace(film(desk, 3 * MIB), title="a < b")
    with pytest.raises(Rejected, match="title"):
        desk.stage(part)
    assert network.control.call("GET", "uploads") == []


def test_a_person_without_a_channel_is_told_what_to_do(network: SandboxProcess) -> None:
    with pytest.raises(Rejected, match="create_channel"):
        bench(network, "nora").connect()


def test_a_connected_channel_has_its_name_and_uploads(network: SandboxProcess) -> None:
    profile = bench(network).connect().profile
    ada = network.control.call("GET", "accounts")["accounts"][0]["channels"][0]
    assert profile.platform_account_id == ada["id"]
    assert (profile.username, profile.display_name) == ("ada", ada["title"])
    assert profile.data == {"uploads": ada["uploads"]}


def test_access_that_was_taken_back_is_revoked(network: SandboxProcess, desk: Desk) -> None:
    network.control.call("POST", "oauth/accounts/ada/revoke")
    with pytest.raises(Unauthorized):
        desk.stage(film(desk, 100_000))
    with pytest.raises(Unauthorized) as raised:
        renewed(desk)
    assert raised.value.revoked


def test_an_unknown_app_is_named(network: SandboxProcess) -> None:
    platform = bench(network).platform
    assert isinstance(platform, YouTubePlatform)
    app = OAuthApp(client_id="nobody", client_secret="nothing")
    request = platform.grant_request("code", "http://127.0.0.1:1/callback", "v" * 43, app)
    with pytest.raises(Rejected, match="client id"):
        platform.parse_grant(asyncio.run(answer_to(request)))


def test_each_grant_that_is_asked_for_can_be_renewed(network: SandboxProcess) -> None:
    platform = bench(network).platform
    assert isinstance(platform, YouTubePlatform)
    for _ in range(2):
        [connection] = asyncio.run(connect_with_consent(platform, network.control, "bob"))
        assert connection.grant.refresh_token
        assert connection.grant.expires_at is not None
        assert set(platform.consent.required) <= set(connection.grant.scopes or ())


@pytest.mark.parametrize("name", ["thumbnails/set", "playlistItems"])
def test_a_follow_up_whose_answer_was_lost_is_made_once(
    network: SandboxProcess, desk: Desk, name: str
) -> None:
    playlist_id = playlist(network, desk, "Trips")
    options = YouTubeOptions(playlist_id=playlist_id)
    part = film(desk, 100_000, options=options, thumbnail=cover(desk))
    answer = desk.publish(desk.stage(part))
    network.control.add_fault(FaultRule(action="cut_after", path=name, method="POST"))
    with pytest.raises(Unavailable):
        desk.settled(answer)
    assert "warnings" not in desk.settled(answer).data
    [made] = posts(network)
    assert made["hasThumbnail"]
    assert network.control.call("GET", "stats")["playlistItems"] == 1


def test_a_first_comment_is_found_once_the_list_shows_it(
    network: SandboxProcess, desk: Desk
) -> None:
    video = desk.published(film(desk, 100_000))
    network.control.call("POST", "comments", {"lagSeconds": 900})
    staged = desk.stage(desk.comment(video, "First & <best>"))
    made = desk.publish(staged)
    assert isinstance(desk.find(staged), CannotTell)
    network.control.advance_clock(901)
    assert desk.find(staged) == Found(post=made)
    [post] = posts(network)
    assert [one["id"] for one in post["comments"]] == [made.id]
    platform = desk.platform
    assert isinstance(platform, YouTubePlatform)
    page = desk.run(lambda ctx: platform.comments(video, ctx))
    assert [one.text for one in page.comments] == ["First & <best>"]
    figures = desk.run(platform.account_metrics)
    assert figures.posts == 1
    desk.run(lambda ctx: platform.delete(made, ctx))
    assert posts(network)[0]["comments"] == []
