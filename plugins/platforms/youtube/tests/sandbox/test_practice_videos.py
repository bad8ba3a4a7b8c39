from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.youtube.tests.sandbox.conftest import Creator

PARTS = "status,processingDetails"


def test_processing_ends_by_the_clock(ada: Creator) -> None:
    video_id = ada.upload()["id"]
    before = ada.video(video_id, PARTS)
    assert before["status"]["uploadStatus"] == "uploaded"
    assert before["processingDetails"]["processingStatus"] == "processing"
    ada.control.advance_clock(3)
    after = ada.video(video_id, PARTS)
    assert after["status"]["uploadStatus"] == "processed"
    assert after["processingDetails"]["processingStatus"] == "succeeded"


def test_processing_can_be_made_long(ada: Creator) -> None:
    ada.control.call("POST", "processing", {"processingSeconds": 600})
    video_id = ada.upload()["id"]
    ada.control.advance_clock(300)
    progress = ada.video(video_id, PARTS)["processingDetails"]["processingProgress"]
    assert progress["partsTotal"] == "100"
    assert 45 <= int(progress["partsProcessed"]) <= 55
    assert 0 < int(progress["timeLeftMs"]) <= 300_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"no video at all " * 100, "invalidFile"), (b"GIF89a" + b"x" * 2000, "invalidFile")],
)
def test_bytes_that_are_no_video_are_taken_and_fail_later(
    ada: Creator, data: bytes, reason: str
) -> None:
    video = ada.upload(data=data)
    assert video["status"]["uploadStatus"] == "uploaded"
    ada.control.advance_clock(3)
    shown = ada.video(video["id"], PARTS)
    assert shown["status"]["uploadStatus"] == "failed"
    assert shown["status"]["failureReason"] == reason
    assert shown["processingDetails"]["processingStatus"] == "failed"
    assert shown["processingDetails"]["processingFailureReason"] == "transcodeFailed"


def test_tiny_and_empty_files_are_told_apart(ada: Creator) -> None:
    tiny = ada.published(data=ada.mp4(100))
    empty = ada.put(ada.session(total=None), range_="bytes */0").json()["id"]
    ada.control.advance_clock(3)
    assert ada.video(tiny)["status"]["failureReason"] == "tooSmall"
    assert ada.video(empty)["status"]["failureReason"] == "emptyFile"


def test_the_next_videos_can_be_made_to_end_badly(ada: Creator) -> None:
    outcomes = [{"failureReason": "codec"}, {"rejectionReason": "copyright"}]
    ada.control.call("POST", "processing", {"next": outcomes})
    failed, rejected, fine = (ada.published() for _ in range(3))
    assert ada.video(failed)["status"]["failureReason"] == "codec"
    status = ada.video(rejected, PARTS)
    assert status["status"]["uploadStatus"] == "rejected"
    assert status["status"]["rejectionReason"] == "copyright"
    assert status["processingDetails"]["processingStatus"] == "terminated"
    assert ada.video(fine)["status"]["uploadStatus"] == "processed"


def test_figures_are_strings_that_grow_while_strangers_can_watch(ada: Creator) -> None:
    shown = ada.published()
    hidden = ada.published(ada.metadata(status={"privacyStatus": "private"}))
    ada.control.advance_clock(3500)
    first = ada.video(shown, "statistics")["statistics"]
    ada.control.advance_clock(10 * 3600)
    ada.connect()
    second = ada.video(shown, "statistics")["statistics"]
    assert all(isinstance(value, str) for value in second.values())
    assert 0 < int(first["viewCount"]) < int(second["viewCount"])
    assert int(second["likeCount"]) > 0
    assert ada.video(hidden, "statistics")["statistics"]["viewCount"] == "0"


def test_a_scheduled_video_goes_public_by_itself(ada: Creator, bob: Creator) -> None:
    status = {"privacyStatus": "private", "publishAt": "2099-01-01T10:00:00Z"}
    video_id = ada.published(ada.metadata(status=status))
    assert ada.video(video_id)["status"]["publishAt"] == "2099-01-01T10:00:00Z"
    assert bob.get("videos", part="status", id=video_id).json()["items"] == []
    ada.control.advance_clock(80 * 366 * 24 * 3600)
    ada.connect()
    after = ada.video(video_id)
    assert after["status"]["privacyStatus"] == "public"
    assert "publishAt" not in after["status"]
    assert after["snippet"]["publishedAt"] == "2099-01-01T10:00:00Z"


def test_strangers_see_public_and_unlisted_videos_only(ada: Creator, bob: Creator) -> None:
    ids = {
        privacy: ada.published(ada.metadata(status={"privacyStatus": privacy}))
        for privacy in ("public", "unlisted", "private")
    }
    own = ada.get("videos", part="id", id=",".join(ids.values())).json()["items"]
    assert [one["id"] for one in own] == list(ids.values())
    seen = bob.get("videos", part="snippet", id=",".join(ids.values())).json()["items"]
    assert [one["id"] for one in seen] == [ids["public"], ids["unlisted"]]
    asked = bob.get("videos", part="processingDetails", id=ids["public"])
    assert bob.refusal(asked) == (403, "forbidden")


def test_only_the_owner_deletes_a_video(ada: Creator, bob: Creator) -> None:
    video_id = ada.published()
    assert bob.refusal(bob.delete("videos", id=video_id)) == (403, "forbidden")
    answer = ada.delete("videos", id=video_id)
    assert (answer.status_code, answer.content) == (204, b"")
    assert ada.refusal(ada.delete("videos", id=video_id)) == (404, "videoNotFound")
    assert ada.get("videos", part="id", id=video_id).json()["items"] == []
    stats = ada.control.call("GET", "stats")
    assert (stats["posts"], stats["inserted"], stats["deleted"]) == (0, 1, 1)


def test_a_thumbnail_is_proven_by_its_bytes(ada: Creator, bob: Creator) -> None:
    video_id = ada.published()
    path = "/upload/youtube/v3/thumbnails/set"

    def send(creator: Creator, data: bytes, kind: str, video: str = video_id) -> tuple[int, str]:
        headers = {**creator.headers, "Content-Type": kind}
        answer = creator.http.post(path, params={"videoId": video}, content=data, headers=headers)
        return (200, "") if answer.status_code == 200 else creator.refusal(answer)

    assert send(ada, ada.png(), "image/png") == (200, "")
    assert send(ada, ada.png(), "application/octet-stream") == (200, "")
    assert send(ada, b"GIF89a", "image/png") == (400, "invalidImage")
    assert send(ada, ada.png(), "image/gif") == (400, "badContent")
    assert send(ada, b"", "image/png") == (400, "mediaBodyRequired")
    assert send(ada, ada.png(), "image/png", "nothing") == (404, "videoNotFound")
    assert send(bob, bob.png(), "image/png") == (403, "forbidden")
    url = ada.video(video_id)["snippet"]["thumbnails"]["high"]["url"]
    assert ada.http.get(url).content == ada.png()
    assert ada.control.call("GET", "posts")["posts"][0]["hasThumbnail"] is True


def test_comments_need_their_own_scope_and_a_video_that_takes_them(ada: Creator) -> None:
    video_id = ada.published()
    kids = ada.published(ada.metadata(status={"selfDeclaredMadeForKids": True}))

    def body(text: str, video: str = video_id) -> dict[str, object]:
        comment = {"snippet": {"textOriginal": text}}
        return {"snippet": {"videoId": video, "topLevelComment": comment}}

    answer = ada.post("commentThreads", body("First!"), part="snippet")
    assert answer.status_code == 200
    top = answer.json()["snippet"]["topLevelComment"]["snippet"]
    assert top["textOriginal"] == "First!"
    assert ada.video(video_id, "statistics")["statistics"]["commentCount"] == "1"
    for given, refusal in (
        (body(""), (400, "commentTextRequired")),
        (body("x" * 10_001), (400, "commentTextTooLong")),
        (body("x", "nothing"), (404, "videoNotFound")),
        (body("x", kids), (403, "commentsDisabled")),
    ):
        assert ada.refusal(ada.post("commentThreads", given, part="snippet")) == refusal
    scopes = ["https://www.googleapis.com/auth/youtube"]
    manager = type(ada)(ada.url, ada.control, "ada", scopes)
    refused = manager.post("commentThreads", body("x"), part="snippet")
    assert ada.refusal(refused) == (403, "insufficientPermissions")
    manager.close()


def test_comments_of_others_are_listed_the_newest_first_and_deleted_by_the_owner(
    ada: Creator,
) -> None:
    video_id = ada.published()
    for number in range(3):
        order = {"account": "bob", "text": f"{number} <3"}
        ada.control.call("POST", f"videos/{video_id}/comments", order)
        ada.control.advance_clock(1)
    query = {"part": "snippet", "videoId": video_id, "maxResults": 2}
    page = ada.get("commentThreads", **query).json()
    tops = [one["snippet"]["topLevelComment"]["snippet"] for one in page["items"]]
    assert [one["textDisplay"] for one in tops] == ["2 &lt;3", "1 &lt;3"]
    assert "textOriginal" not in tops[0]
    query |= {"pageToken": page["nextPageToken"], "textFormat": "plainText"}
    [last] = ada.get("commentThreads", **query).json()["items"]
    assert last["snippet"]["topLevelComment"]["snippet"]["textDisplay"] == "0 <3"
    path = "/youtube/v3/comments"
    gone = {"id": str(last["id"])}
    statuses = [
        ada.http.delete(path, params=gone, headers=ada.headers).status_code for _ in range(2)
    ]
    assert statuses == [204, 404]
    ada.control.call("POST", "comments", {"lagSeconds": 60})
    assert ada.get("commentThreads", part="snippet", videoId=video_id).json()["items"] == []
    for wrong, refusal in (
        ({"videoId": "nothing"}, (404, "videoNotFound")),
        ({"videoId": video_id, "order": "size"}, (400, "invalidParameter")),
        ({"videoId": video_id, "maxResults": 101}, (400, "invalidParameter")),
        ({}, (400, "missingRequiredParameter")),
    ):
        answer = ada.get("commentThreads", part="snippet", **wrong)
        assert ada.refusal(answer)[0] == refusal[0], refusal
