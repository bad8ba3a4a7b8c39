"""What a real Bluesky server answers to writes and reads, as far as we lean on it."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from tests.real.conftest import Caller

POST = "app.bsky.feed.post"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"


def post(text: str = "hello", **fields: Any) -> dict[str, Any]:
    return {"$type": POST, "text": text, "createdAt": "2026-11-23T10:00:00.000Z", **fields}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def with_images(*images: dict[str, Any]) -> dict[str, Any]:
    return post(embed={"$type": "app.bsky.embed.images", "images": list(images)})


# Writing a record once


def test_create_with_a_key_that_exists_answers_500(caller: Caller) -> None:
    key = caller.new_key()
    assert caller.write(post(), key, how="createRecord").status_code == 200
    again = caller.write(post(), key, how="createRecord")
    assert refusal(again) == (500, "InternalServerError")
    assert caller.keys() == [key]


def test_put_of_the_same_record_twice_is_one_record_with_one_cid(caller: Caller) -> None:
    key = caller.new_key()
    first, again = caller.write(post(), key).json(), caller.write(post(), key).json()
    uri = f"at://{caller.account.did}/{POST}/{key}"
    assert (first["uri"], first["cid"]) == (again["uri"], again["cid"]) == (uri, first["cid"])
    assert "commit" in first
    assert "commit" not in again
    assert caller.keys() == [key]


def test_put_of_another_record_overwrites_unless_the_caller_says_it_must_be_new(
    writer: Caller,
) -> None:
    key = writer.new_key()
    first = writer.write(post("one"), key, swapRecord=None).json()
    refused = writer.write(post("two"), key, swapRecord=None)
    assert refusal(refused) == (400, "InvalidSwap")
    assert refused.json()["message"] == f"Record was at {first['cid']}"
    assert writer.write(post("two"), key).json()["cid"] != first["cid"]


def test_an_absent_key_is_told_by_400_and_a_name(writer: Caller) -> None:
    where = {"repo": writer.account.did, "collection": POST, "rkey": writer.new_key()}
    answer = writer.get("com.atproto.repo.getRecord", **where)
    assert refusal(answer) == (400, "RecordNotFound")


def test_a_written_record_is_found_by_its_key_at_once(writer: Caller) -> None:
    key = writer.new_key()
    written = writer.write(post("found"), key).json()
    where = {"repo": writer.account.did, "collection": POST, "rkey": key}
    read = writer.get("com.atproto.repo.getRecord", **where).json()
    assert (read["uri"], read["cid"]) == (written["uri"], written["cid"])
    assert read["value"] == post("found")


def test_deleting_an_absent_record_succeeds(writer: Caller) -> None:
    where = {"repo": writer.account.did, "collection": POST, "rkey": writer.new_key()}
    assert writer.send("com.atproto.repo.deleteRecord", where).status_code == 200


@pytest.mark.parametrize("key", ["self", "abc", "3JZFCIJPJ2Z2A", "3jzfcijpj2z20", "zzzzzzzzzzzzz"])
def test_a_key_that_is_no_tid_is_refused(writer: Caller, key: str) -> None:
    answer = writer.write(post(), key)
    assert refusal(answer) == (400, "InvalidRequest")
    assert "Invalid TID" in answer.json()["message"]


# What the lexicon of a post allows


@pytest.mark.parametrize("flag", [{}, {"validate": True}])
def test_301_graphemes_are_refused(writer: Caller, flag: dict[str, Any]) -> None:
    assert writer.write(post("é" * 300), **flag).status_code == 200
    answer = writer.write(post("e" * 301), **flag)
    assert refusal(answer) == (400, "InvalidRequest")
    assert "grapheme too big (maximum 300" in answer.json()["message"]


def test_graphemes_are_what_a_reader_sees_and_bytes_have_a_limit_of_their_own(
    writer: Caller,
) -> None:
    family = len(FAMILY.encode())
    fitting = 3000 // family
    assert writer.write(post(FAMILY * fitting)).status_code == 200
    answer = writer.write(post(FAMILY * (fitting + 1)))
    assert refusal(answer) == (400, "InvalidRequest")
    assert "string too big (maximum 3000" in answer.json()["message"]


def test_validate_false_lets_everything_in(writer: Caller) -> None:
    answer = writer.write(post("e" * 301), validate=False)
    assert answer.status_code == 200
    assert "validationStatus" not in answer.json()


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2026-11-23T10:00:00Z", 200),
        ("2026-11-23T10:00:00.123456Z", 200),
        ("2026-11-23T10:00:00+02:00", 200),
        ("2026-11-23T10:00:00-00:00", 400),
        ("2026-11-23T10:00:00", 400),
        ("2026-11-23 10:00:00Z", 400),
        ("2026-11-23", 400),
    ],
)
def test_a_moment_has_a_zone_and_a_t(writer: Caller, moment: str, status: int) -> None:
    answer = writer.write(post(createdAt=moment))
    assert answer.status_code == status
    if status == 400:
        assert "Invalid datetime" in answer.json()["message"]


@pytest.mark.parametrize(
    "feature",
    [
        {"$type": "app.bsky.richtext.facet#link", "uri": "no uri"},
        {"$type": "app.bsky.richtext.facet#mention", "did": "alice.test"},
    ],
)
def test_a_facet_with_a_bad_target_is_refused(writer: Caller, feature: dict[str, str]) -> None:
    facet = {"index": {"byteStart": 0, "byteEnd": 1}, "features": [feature]}
    assert refusal(writer.write(post(facets=[facet]))) == (400, "InvalidRequest")


@pytest.mark.parametrize(("start", "end"), [(2, 900), (4, 1)])
def test_a_facet_outside_the_text_is_not_noticed(writer: Caller, start: int, end: int) -> None:
    feature = {"$type": "app.bsky.richtext.facet#tag", "tag": "tag"}
    facet = {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}
    assert writer.write(post(facets=[facet])).status_code == 200


# Images


def test_an_image_may_have_two_million_bytes(writer: Caller) -> None:
    for size, status in ((2_000_000, 200), (2_000_001, 400)):
        uploaded = writer.upload(PNG + os.urandom(size - len(PNG)))
        assert uploaded.status_code == 200
        answer = writer.write(with_images({"image": uploaded.json()["blob"], "alt": "noise"}))
        assert answer.status_code == status
    assert "blob too big (maximum 2000000" in answer.json()["message"]


def test_an_upload_over_five_mebibytes_is_refused(writer: Caller) -> None:
    assert writer.upload(bytes(5 * 1024 * 1024)).status_code == 200
    assert refusal(writer.upload(bytes(5 * 1024 * 1024 + 1))) == (413, "PayloadTooLarge")


def test_the_kind_of_a_blob_is_read_from_its_bytes_where_they_tell(writer: Caller) -> None:
    named_wrong = writer.upload(PNG, "text/plain").json()["blob"]
    assert (named_wrong["mimeType"], named_wrong["size"]) == ("image/png", len(PNG))
    assert writer.upload(b"some text", "image/png").json()["blob"]["mimeType"] == "image/png"


def test_images_need_alt_text_and_are_four_at_most(writer: Caller) -> None:
    blob = writer.upload(PNG).json()["blob"]
    image = {"image": blob, "alt": ""}
    assert writer.write(with_images(*[image] * 4)).status_code == 200
    assert refusal(writer.write(with_images(*[image] * 5))) == (400, "InvalidRequest")
    assert refusal(writer.write(with_images({"image": blob}))) == (400, "InvalidRequest")


def test_a_blob_that_was_not_uploaded_is_refused_by_name(writer: Caller) -> None:
    blob = writer.upload(PNG).json()["blob"]
    absent = "bafkreidxf5yrpqrmxjmbuntuwtx4dwcfnjyetqzkbhpvlmyxhtqlwgcdtu"
    answer = writer.write(with_images({"image": {**blob, "ref": {"$link": absent}}, "alt": ""}))
    assert refusal(answer) == (400, "BlobNotFound")


# Handles


def test_a_handle_is_resolved_and_an_unknown_one_is_told_by_name(writer: Caller) -> None:
    resolve = "com.atproto.identity.resolveHandle"
    known = writer.get(resolve, handle=writer.account.handle)
    assert known.json() == {"did": writer.account.did}
    answer = writer.get(resolve, handle="nobody.test")
    assert refusal(answer) == (400, "HandleNotFound")
    assert answer.json()["message"] == "Unable to resolve handle"
