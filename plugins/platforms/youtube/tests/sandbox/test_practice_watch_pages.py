from __future__ import annotations

import re
from typing import TYPE_CHECKING

import httpx

from mpcas2_sandbox import load_network

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.youtube.tests.sandbox.conftest import Creator

MIB = 1024 * 1024


def page(creator: Creator, path: str, status: int = 200) -> str:
    answer = httpx.get(creator.url + path, trust_env=False)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


def test_the_network_is_found_by_its_entry_point() -> None:
    assert load_network("youtube").title == "YouTube"


def test_the_start_page_names_people_channels_and_the_client(ada: Creator) -> None:
    shown = page(ada, "/")
    for words in ("Ada Films", "Duo Second", "no channel", "practice-client", "/timeline"):
        assert words in shown


def test_the_watch_page_plays_the_uploaded_bytes(ada: Creator) -> None:
    data = ada.mp4(2 * MIB)
    status = {"containsSyntheticMedia": True}
    snippet = {"title": 'Tom & Jerry\'s "walk"', "tags": ["dogs"], "categoryId": "15"}
    video_id = ada.published(ada.metadata(snippet=snippet, status=status), data)
    shown = page(ada, f"/watch?v={video_id}")
    assert f'<source src="/media/{video_id}" type="video/mp4">' in shown
    assert "Tom &amp; Jerry&#x27;s &quot;walk&quot;" in shown
    for words in ("Altered or synthetic content", "#dogs", "Pets &amp; Animals", "By the river."):
        assert words in shown
    part = httpx.get(
        f"{ada.url}/media/{video_id}", headers={"Range": "bytes=1000-1999"}, trust_env=False
    )
    assert (part.status_code, part.headers["content-type"]) == (206, "video/mp4")
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(data)}"
    assert part.content == data[1000:2000]
    assert httpx.get(f"{ada.url}/media/{video_id}", trust_env=False).content == data
    # Views come in while the test runs.
    views = re.compile(r"\d+ views?")
    assert views.sub("", page(ada, f"/shorts/{video_id}")) == views.sub("", shown)


def test_pages_say_why_a_video_cannot_be_seen(ada: Creator) -> None:
    private = ada.published(ada.metadata(status={"privacyStatus": "private"}))
    scheduled = {"privacyStatus": "private", "publishAt": "2099-01-01T10:00:00Z"}
    later = ada.published(ada.metadata(status=scheduled))
    broken = ada.published(data=b"no video" * 500)
    kids = ada.published(ada.metadata(status={"selfDeclaredMadeForKids": True}))
    fresh = ada.upload()["id"]
    assert "This video is private." in page(ada, f"/watch?v={private}", 403)
    assert "goes public on 2099-01-01 10:00 UTC" in page(ada, f"/watch?v={later}", 403)
    assert "could not be processed: invalidFile" in page(ada, f"/watch?v={broken}", 404)
    assert "does not exist, or was deleted" in page(ada, "/watch?v=nothing", 404)
    assert "Processing" in page(ada, f"/watch?v={fresh}")
    assert "Made for kids" in page(ada, f"/watch?v={kids}")
    timeline = page(ada, "/timeline")
    assert kids in timeline
    for hidden in (private, later, broken, fresh):
        assert hidden not in timeline
        assert httpx.get(f"{ada.url}/media/{hidden}", trust_env=False).status_code == 404


def test_the_timeline_has_the_newest_first_and_pages(ada: Creator) -> None:
    ids = [ada.published() for _ in range(25)]
    unlisted = ada.published(ada.metadata(status={"privacyStatus": "unlisted"}))
    shown = page(ada, "/timeline")
    places = [shown.index(one) for one in reversed(ids[1:])]
    assert places == sorted(places)
    assert ids[0] not in shown
    assert ids[0] in page(ada, "/timeline?offset=24")
    assert unlisted not in shown
    assert "Unlisted" in page(ada, f"/watch?v={unlisted}")


def test_playlists_and_channels_have_pages(ada: Creator) -> None:
    video_id = ada.published()
    body = {"snippet": {"title": "Walks & more"}}
    playlist = ada.post("playlists", body, part="snippet").json()
    resource = {"kind": "youtube#video", "videoId": video_id}
    item = {"snippet": {"playlistId": playlist["id"], "resourceId": resource}}
    ada.post("playlistItems", item, part="snippet")
    shown = page(ada, f"/playlist?list={playlist['id']}")
    assert "Walks &amp; more" in shown
    assert video_id in shown
    link = f'<a href="/playlist?list={playlist["id"]}">Walks &amp; more</a>'
    assert link in page(ada, f"/watch?v={video_id}")
    assert video_id in page(ada, f"/channel/{playlist['snippet']['channelId']}")
    hidden = {**body, "status": {"privacyStatus": "private"}}
    private = ada.post("playlists", hidden, part="snippet,status").json()["id"]
    assert "This playlist is private." in page(ada, f"/playlist?list={private}", 403)


def test_people_can_be_added(ada: Creator) -> None:
    made = ada.control.call("POST", "accounts", {"count": 2})["accounts"]
    assert [one["handle"] for one in made] == ["user1", "user2"]
    user = type(ada)(ada.url, ada.control, "user2")
    assert user.upload()["snippet"]["channelId"] == made[1]["channels"][0]["id"]
    user.close()
    assert len(ada.control.call("GET", "accounts")["accounts"]) == 7
