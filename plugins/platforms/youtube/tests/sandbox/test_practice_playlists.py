from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.youtube.tests.sandbox.conftest import Creator


def new_playlist(creator: Creator, privacy: str = "public") -> str:
    body = {"snippet": {"title": "Best of"}, "status": {"privacyStatus": privacy}}
    answer = creator.post("playlists", body, part="snippet,status")
    assert answer.status_code == 200, answer.text
    playlist_id: str = answer.json()["id"]
    return playlist_id


def item(playlist_id: str, video_id: str, **more: Any) -> dict[str, Any]:
    resource = {"kind": "youtube#video", "videoId": video_id}
    return {"snippet": {"playlistId": playlist_id, "resourceId": resource, **more}}


def items(creator: Creator, playlist_id: str, **more: Any) -> dict[str, Any]:
    answer = creator.get("playlistItems", part="snippet", playlistId=playlist_id, **more)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def video_ids(page: dict[str, Any]) -> list[str]:
    return [one["snippet"]["resourceId"]["videoId"] for one in page["items"]]


def uploads_id(creator: Creator) -> str:
    answer = creator.get("channels", part="contentDetails", mine="true").json()
    uploads: str = answer["items"][0]["contentDetails"]["relatedPlaylists"]["uploads"]
    return uploads


def test_inserting_a_video_twice_makes_two_items(ada: Creator) -> None:
    playlist_id, video_id = new_playlist(ada), ada.published()
    answers = [
        ada.post("playlistItems", item(playlist_id, video_id), part="snippet") for _ in range(2)
    ]
    assert [one.json()["snippet"]["position"] for one in answers] == [0, 1]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    page = items(ada, playlist_id, videoId=video_id)
    assert page["pageInfo"]["totalResults"] == 2
    assert video_ids(items(ada, playlist_id, videoId="another")) == []


def test_items_are_put_where_they_are_wanted(ada: Creator) -> None:
    playlist_id, first, second = new_playlist(ada), ada.published(), ada.published()
    ada.post("playlistItems", item(playlist_id, first), part="snippet")
    ada.post("playlistItems", item(playlist_id, second, position=0), part="snippet")
    assert video_ids(items(ada, playlist_id)) == [second, first]
    answer = ada.post("playlistItems", item(playlist_id, first, position=9), part="snippet")
    assert ada.refusal(answer) == (400, "invalidPlaylistItemPosition")


def test_the_uploads_are_a_list_with_the_newest_first_and_pages(ada: Creator, bob: Creator) -> None:
    made = [ada.published() for _ in range(6)]
    hidden = ada.published(ada.metadata(status={"privacyStatus": "private"}))
    expected = [hidden, *reversed(made)]
    first = items(ada, uploads_id(ada))
    assert video_ids(first) == expected[:5]
    assert first["pageInfo"] == {"totalResults": 7, "resultsPerPage": 5}
    second = items(ada, uploads_id(ada), pageToken=first["nextPageToken"])
    assert video_ids(second) == expected[5:]
    assert "nextPageToken" not in second
    assert video_ids(items(bob, uploads_id(ada), maxResults=50)) == expected[1:]


def test_a_deleted_video_leaves_every_list(ada: Creator) -> None:
    playlist_id, video_id = new_playlist(ada), ada.published()
    ada.post("playlistItems", item(playlist_id, video_id), part="snippet")
    ada.delete("videos", id=video_id)
    assert video_ids(items(ada, playlist_id)) == []
    assert video_ids(items(ada, uploads_id(ada))) == []


def test_items_that_do_not_fit_are_refused(ada: Creator, bob: Creator) -> None:
    playlist_id, video_id = new_playlist(ada), ada.published()
    channel = {"snippet": {"playlistId": playlist_id, "resourceId": {"kind": "youtube#channel"}}}
    nowhere = {"snippet": {"resourceId": {"kind": "youtube#video", "videoId": video_id}}}
    for body, refusal in (
        (nowhere, (400, "playlistIdRequired")),
        ({"snippet": {"playlistId": playlist_id}}, (400, "resourceIdRequired")),
        (channel, (400, "invalidResourceType")),
        (item("PLnothing", video_id), (404, "playlistNotFound")),
        (item(playlist_id, "nothing"), (404, "videoNotFound")),
        (item(uploads_id(ada), video_id), (400, "playlistOperationUnsupported")),
        (item(playlist_id, video_id, place=1), (400, "badRequest")),
    ):
        assert ada.refusal(ada.post("playlistItems", body, part="snippet")) == refusal
    answer = bob.post("playlistItems", item(playlist_id, video_id), part="snippet")
    assert bob.refusal(answer) == (403, "playlistItemsNotAccessible")


def test_playlists_are_listed_to_those_who_may_see_them(ada: Creator, bob: Creator) -> None:
    public, private = new_playlist(ada), new_playlist(ada, "private")
    mine = ada.get("playlists", part="snippet,contentDetails", mine="true").json()["items"]
    assert [one["id"] for one in mine] == [public, private]
    channel = mine[0]["snippet"]["channelId"]
    seen = bob.get("playlists", part="id", channelId=channel).json()["items"]
    assert [one["id"] for one in seen] == [public]
    answer = bob.get("playlistItems", part="id", playlistId=private)
    assert bob.refusal(answer) == (403, "forbidden")


@pytest.mark.parametrize(
    ("snippet", "reason"),
    [
        ({}, "playlistTitleRequired"),
        ({"title": " "}, "playlistTitleRequired"),
        ({"title": "x" * 151}, "invalidPlaylistSnippet"),
        ({"title": "<x>"}, "invalidPlaylistSnippet"),
        ({"name": "x"}, "badRequest"),
    ],
)
def test_playlists_that_do_not_fit_are_refused(
    ada: Creator, snippet: dict[str, Any], reason: str
) -> None:
    answer = ada.post("playlists", {"snippet": snippet}, part="snippet")
    assert ada.refusal(answer) == (400, reason)
