from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mpcas2_platform_bluesky.sandbox.cids import blob_cid, record_cid

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.bluesky.tests.sandbox.conftest import Author

    from mpcas2_sandbox import SandboxProcess

POST = "app.bsky.feed.post"


def test_cids_are_those_of_the_known_codecs() -> None:
    # Published for the empty map in DAG-CBOR and for no bytes at all.
    empty_map = "bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua"
    assert record_cid({}) == empty_map
    no_bytes = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    assert blob_cid(b"") == no_bytes


def test_a_cid_depends_on_the_content_and_not_on_its_order() -> None:
    first = record_cid({"a": 1, "bb": [True, None, -5, "ü"], "c": {"$link": blob_cid(b"x")}})
    second = record_cid({"c": {"$link": blob_cid(b"x")}, "bb": [True, None, -5, "ü"], "a": 1.0})
    assert first == second
    assert first != record_cid({"a": 2, "bb": [True, None, -5, "ü"], "c": 1})


def test_a_put_record_can_be_read_back(alice: Author) -> None:
    rkey = alice.rkey()
    answer = alice.put(alice.post("first"), rkey)
    written = answer.json()
    assert written["uri"] == f"at://{alice.did}/{POST}/{rkey}"
    assert written["validationStatus"] == "valid"
    found = alice.query(
        "com.atproto.repo.getRecord", repo=alice.handle, collection=POST, rkey=rkey
    ).json()
    assert found == {"uri": written["uri"], "cid": written["cid"], "value": alice.post("first")}


def test_the_same_record_again_is_the_same_post(pds: SandboxProcess, alice: Author) -> None:
    rkey = alice.rkey()
    first = alice.put(alice.post("once"), rkey).json()
    second = alice.put(alice.post("once"), rkey)
    assert (second.status_code, second.json()["cid"]) == (200, first["cid"])
    assert "commit" not in second.json()
    stats = pds.control.call("GET", "stats")
    assert (stats["posts"], stats["repeats"], stats["edits"]) == (1, 1, 0)
    (entry,) = pds.control.call("GET", "posts")["posts"]
    assert (entry["puts"], entry["edits"], entry["handle"]) == (2, 0, "alice.test")


def test_another_record_under_the_key_is_an_edit(pds: SandboxProcess, alice: Author) -> None:
    rkey = alice.rkey()
    first = alice.put(alice.post("before"), rkey).json()
    second = alice.put(alice.post("after"), rkey).json()
    assert second["uri"] == first["uri"]
    assert second["cid"] != first["cid"]
    (entry,) = pds.control.call("GET", "posts")["posts"]
    assert (entry["record"]["text"], entry["edits"]) == ("after", 1)
    assert pds.control.call("GET", "stats")["edits"] == 1


def test_create_record_chooses_a_key_and_fails_on_a_taken_one(alice: Author) -> None:
    given: dict[str, Any] = {"repo": alice.did, "collection": POST, "record": alice.post()}
    made = alice.call("com.atproto.repo.createRecord", given).json()
    rkey = made["uri"].rpartition("/")[2]
    again = alice.call("com.atproto.repo.createRecord", {**given, "rkey": rkey})
    assert alice.refusal(again)[:2] == (500, "InternalServerError")


def test_a_deleted_record_is_gone_and_deleting_it_again_is_no_error(
    pds: SandboxProcess, alice: Author
) -> None:
    rkey = alice.rkey()
    alice.put(alice.post(), rkey)
    given = {"repo": alice.did, "collection": POST, "rkey": rkey}
    assert "commit" in alice.call("com.atproto.repo.deleteRecord", given).json()
    again = alice.call("com.atproto.repo.deleteRecord", given)
    assert (again.status_code, again.json()) == (200, {})
    gone = alice.query("com.atproto.repo.getRecord", **given)
    assert alice.refusal(gone)[:2] == (400, "RecordNotFound")
    assert "Could not locate record" in alice.refusal(gone)[2]
    stats = pds.control.call("GET", "stats")
    assert (stats["posts"], stats["deletes"]) == (0, 1)


def test_records_are_listed_in_pages_either_way(alice: Author) -> None:
    keys = [alice.rkey() for _ in range(5)]
    for number, rkey in enumerate(keys):
        alice.put(alice.post(f"post {number}"), rkey)

    def listed(**params: str) -> tuple[list[str], str | None]:
        answer = alice.query(
            "com.atproto.repo.listRecords", repo=alice.did, collection=POST, **params
        ).json()
        found = [one["uri"].rpartition("/")[2] for one in answer["records"]]
        return found, answer.get("cursor")

    assert listed() == (keys[::-1], keys[0])
    assert listed(reverse="true")[0] == keys
    first, cursor = listed(limit="3")
    assert cursor is not None
    assert first == keys[:1:-1]
    assert listed(limit="3", cursor=cursor) == (keys[1::-1], keys[0])
    assert listed(cursor=keys[0]) == ([], None)


@pytest.mark.parametrize(
    ("nsid", "params", "expected"),
    [
        ("getRecord", {"rkey": "3kabcabcabcab"}, "RecordNotFound"),
        ("getRecord", {"rkey": "a/b"}, "InvalidRequest"),
        ("getRecord", {}, "InvalidRequest"),
        ("getRecord", {"repo": "nobody.test", "rkey": "x"}, "RepoNotFound"),
        ("getRecord", {"collection": "post", "rkey": "x"}, "InvalidRequest"),
        ("listRecords", {"limit": "0"}, "InvalidRequest"),
        ("listRecords", {"limit": "101"}, "InvalidRequest"),
        ("listRecords", {"limit": "many"}, "InvalidRequest"),
        ("listRecords", {"repo": "?"}, "InvalidRequest"),
        ("describeRepo", {"repo": "nobody.test"}, "RepoNotFound"),
    ],
)
def test_reading_what_is_not_there_is_refused(
    alice: Author, nsid: str, params: dict[str, str], expected: str
) -> None:
    answer = alice.query(
        f"com.atproto.repo.{nsid}", **{"repo": alice.did, "collection": POST, **params}
    )
    assert alice.refusal(answer)[:2] == (400, expected)


def test_a_repo_describes_its_collections(alice: Author) -> None:
    alice.posted("one")
    described = alice.query("com.atproto.repo.describeRepo", repo=alice.handle).json()
    assert (described["did"], described["collections"]) == (alice.did, [POST])


def test_an_uploaded_blob_comes_back_byte_for_byte(pds: SandboxProcess, alice: Author) -> None:
    picture = alice.png()
    blob = alice.uploaded(picture, "image/jpeg")
    assert blob == {
        "$type": "blob",
        "ref": {"$link": blob_cid(picture)},
        "mimeType": "image/png",  # told from the bytes, whatever the header says
        "size": len(picture),
    }
    for answer in (
        alice.query("com.atproto.sync.getBlob", did=alice.did, cid=blob["ref"]["$link"]),
        alice.http.get(f"/blob/{alice.did}/{blob['ref']['$link']}"),
    ):
        assert answer.content == picture
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-content-type-options"] == "nosniff"
    alice.uploaded(picture)
    stats = pds.control.call("GET", "stats")
    assert (stats["blobs"], stats["uploads"]) == (1, 2)


def test_a_blob_that_is_not_there_is_refused(alice: Author) -> None:
    missing = alice.query("com.atproto.sync.getBlob", did=alice.did, cid=blob_cid(b"no"))
    assert alice.refusal(missing) == (400, "InvalidRequest", "Blob not found")
    missing = alice.query("com.atproto.sync.getBlob", did="did:plc:no", cid=blob_cid(b"no"))
    assert alice.refusal(missing)[:2] == (400, "RepoNotFound")
    assert alice.http.get(f"/blob/{alice.did}/nothing").status_code == 404


def test_an_upload_needs_a_body_and_a_session(alice: Author) -> None:
    assert alice.refusal(alice.upload(b""))[:2] == (400, "InvalidRequest")
    assert alice.refusal(alice.upload(b"x", ""))[:2] == (400, "InvalidRequest")
    refused = alice.bare("com.atproto.repo.uploadBlob", None)
    assert alice.refusal(refused)[:2] == (401, "AuthMissing")


def test_swaps_guard_against_what_has_changed(alice: Author) -> None:
    rkey = alice.rkey()
    first = alice.put(alice.post("one"), rkey, swapRecord=None).json()
    refused = alice.put(alice.post("two"), rkey, swapRecord=None)
    assert alice.refusal(refused)[:2] == (400, "InvalidSwap")
    second = alice.put(alice.post("two"), rkey, swapRecord=first["cid"]).json()
    refused = alice.put(alice.post("three"), rkey, swapCommit=first["commit"]["cid"])
    assert alice.refusal(refused)[:2] == (400, "InvalidSwap")
    third = alice.put(alice.post("three"), rkey, swapCommit=second["commit"]["cid"])
    assert third.status_code == 200


def test_nobody_writes_into_another_ones_repo(alice: Author, bob: Author) -> None:
    given = {"repo": bob.did, "collection": POST, "rkey": bob.rkey(), "record": bob.post()}
    refused = alice.call("com.atproto.repo.putRecord", given)
    assert alice.refusal(refused)[:2] == (401, "AuthenticationRequired")
    refused = alice.call("com.atproto.repo.putRecord", {**given, "repo": "nobody.test"})
    assert alice.refusal(refused)[:2] == (403, "AccountNotFound")
    refused = alice.call("com.atproto.repo.putRecord", given, token=None)
    assert alice.refusal(refused)[:2] == (401, "AuthMissing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"repo": 7}, "Expected string value type (got 7) at $.repo"),
        ({"repo": "?"}, 'Invalid AT identifier (got "?") at $.repo'),
        ({"collection": "post"}, 'Invalid NSID (got "post") at $.collection'),
        ({"rkey": ".."}, 'Invalid record key (got "..") at $.rkey'),
        ({"rkey": "a b"}, 'Invalid record key (got "a b") at $.rkey'),
        ({"record": "text"}, "Expected object value type"),
        ({"record": {"$type": "app.bsky.feed.like"}}, "Invalid $type: expected"),
        ({"validate": "yes"}, "Expected boolean value type"),
        ({"swapRecord": "x"}, 'Invalid CID string (got "x") at $.swapRecord'),
        ({"collection": "com.example.thing", "record": {}, "validate": True}, "Unknown lexicon"),
        ({"collection": "com.example.thing", "record": {"a": 0.5}}, "only whole numbers"),
        ({"collection": "com.example.thing", "record": {"a": {"$link": "x"}}}, "not a CID"),
    ],
)
def test_an_input_that_does_not_fit_is_refused(
    alice: Author, change: dict[str, Any], message: str
) -> None:
    given = {"repo": alice.did, "collection": POST, "rkey": alice.rkey(), "record": alice.post()}
    answer = alice.call("com.atproto.repo.putRecord", {**given, **change})
    status, name, said = alice.refusal(answer)
    assert (status, name) == (400, "InvalidRequest")
    assert message in said


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", "InvalidRequest"),
        (b"[]", "InvalidRequest"),
        (b"{", "SyntaxError"),
        (b'{"a": "\\ud800"}', "SyntaxError"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(alice: Author, body: bytes, name: str) -> None:
    headers = {
        "Authorization": f"Bearer {alice.session['accessJwt']}",
        "Content-Type": "application/json",
    }
    answer = alice.http.post("/xrpc/com.atproto.repo.putRecord", content=body, headers=headers)
    assert alice.refusal(answer)[:2] == (400, name)


def test_a_body_of_another_type_or_size_is_refused(alice: Author) -> None:
    headers = {"Authorization": f"Bearer {alice.session['accessJwt']}", "Content-Type": "text/css"}
    answer = alice.http.post("/xrpc/com.atproto.repo.putRecord", content=b"{}", headers=headers)
    assert "Wrong request encoding" in alice.refusal(answer)[2]
    answer = alice.call("com.atproto.repo.putRecord", {"long": "x" * 600_000})
    assert alice.refusal(answer)[:2] == (413, "PayloadTooLargeError")


def test_a_record_of_an_unknown_lexicon_is_kept_unchecked(
    pds: SandboxProcess, alice: Author
) -> None:
    given = {"repo": alice.did, "collection": "com.example.thing", "rkey": "self", "record": {}}
    answer = alice.call("com.atproto.repo.putRecord", given).json()
    assert answer["validationStatus"] == "unknown"
    assert pds.control.call("GET", "stats")["posts"] == 0
