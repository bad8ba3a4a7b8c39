"""What a real Bluesky server answers, as far as our adapter and our sandbox lean on it."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from tests.real.conftest import Account, RealPds

POST = "app.bsky.feed.post"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
FAMILY = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}"
TID_FIRST, TID_REST = "234567abcdefghij", "234567abcdefghijklmnopqrstuvwxyz"


def post(text: str = "hello", **fields: Any) -> dict[str, Any]:
    return {"$type": POST, "text": text, "createdAt": "2026-11-23T10:00:00.000Z", **fields}


def new_key() -> str:
    rest = "".join(secrets.choice(TID_REST) for _ in range(12))
    return secrets.choice(TID_FIRST) + rest


def claims(token: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return read


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


@dataclass(frozen=True)
class Caller:
    """Calls the server by plain HTTP in the name of one account."""

    http: httpx.Client
    account: Account
    access: str
    refresh: str

    def send(self, method: str, body: Any = None, *, token: str | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {token or self.access}"}
        return self.http.post(method, json=body, headers=headers)

    def get(self, method: str, *, token: str | None = None, **query: str) -> httpx.Response:
        headers = {"authorization": f"Bearer {token or self.access}"}
        return self.http.get(method, params=query, headers=headers)

    def write(
        self, record: dict[str, Any], key: str | None = None, *, how: str = "putRecord", **more: Any
    ) -> httpx.Response:
        body = {"repo": self.account.did, "collection": POST, "record": record}
        return self.send(f"com.atproto.repo.{how}", {**body, "rkey": key or new_key(), **more})

    def keys(self) -> list[str]:
        answer = self.get(
            "com.atproto.repo.listRecords", repo=self.account.did, collection=POST, limit="100"
        )
        return [str(record["uri"]).rpartition("/")[2] for record in answer.json()["records"]]

    def upload(self, content: bytes, kind: str = "image/png") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.access}", "content-type": kind}
        return self.http.post("com.atproto.repo.uploadBlob", content=content, headers=headers)

    def log_in(self, password: str) -> httpx.Response:
        login = {"identifier": self.account.handle, "password": password}
        return self.http.post("com.atproto.server.createSession", json=login)


@contextmanager
def stored_sessions(real_pds: RealPds) -> Iterator[sqlite3.Connection]:
    """Open the server's own table of refresh tokens, and commit at the end."""
    (path,) = real_pds.data.rglob("account.sqlite")
    with closing(sqlite3.connect(path, timeout=30)) as base, base:
        yield base


def with_images(*images: dict[str, Any]) -> dict[str, Any]:
    return post(embed={"$type": "app.bsky.embed.images", "images": list(images)})


def log_in_anew(real_pds: RealPds, http: httpx.Client) -> Caller:
    account = real_pds.create_account()
    login = {"identifier": account.handle, "password": real_pds.create_app_password(account)}
    session = http.post("com.atproto.server.createSession", json=login).json()
    return Caller(http, account, session["accessJwt"], session["refreshJwt"])


@pytest.fixture(scope="module")
def http(real_pds: RealPds) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{real_pds.url}/xrpc/", timeout=30) as client:
        yield client


@pytest.fixture
def caller(real_pds: RealPds, http: httpx.Client) -> Caller:
    """A caller whose account and session are the test's own."""
    return log_in_anew(real_pds, http)


@pytest.fixture(scope="module")
def writer(real_pds: RealPds, http: httpx.Client) -> Caller:
    """A caller whose account holds other tests' records; hashed passwords make accounts slow."""
    return log_in_anew(real_pds, http)


# Sessions


def test_a_session_by_app_password_says_who_it_is(real_pds: RealPds, caller: Caller) -> None:
    answer = caller.log_in(real_pds.create_app_password(caller.account, "another"))
    assert answer.status_code == 200
    session = answer.json()
    assert (session["did"], session["handle"]) == (caller.account.did, caller.account.handle)
    assert session["active"] is True
    access, refresh = claims(session["accessJwt"]), claims(session["refreshJwt"])
    assert (access["scope"], refresh["scope"]) == ("com.atproto.appPass", "com.atproto.refresh")
    assert access["exp"] - access["iat"] == 2 * 60 * 60
    assert refresh["exp"] - refresh["iat"] == 90 * 24 * 60 * 60


def test_a_wrong_password_and_an_unknown_account_answer_alike(caller: Caller) -> None:
    wrong = caller.log_in("wrong")
    login = {"identifier": "nobody.test", "password": "wrong"}
    unknown = caller.http.post("com.atproto.server.createSession", json=login)
    assert refusal(wrong) == refusal(unknown) == (401, "AuthenticationRequired")


def test_a_call_without_a_token_is_refused_by_401(http: httpx.Client) -> None:
    assert refusal(http.get("com.atproto.server.getSession")) == (401, "AuthMissing")


def test_an_expired_access_token_is_refused_by_400_and_a_name(
    real_pds: RealPds, caller: Caller
) -> None:
    answer = caller.get("com.atproto.server.getSession", token=real_pds.expire(caller.access))
    assert refusal(answer) == (400, "ExpiredToken")
    assert answer.json()["message"] == "Token has expired"


@pytest.mark.parametrize("token", ["garbage", "a.b.c"])
def test_a_garbage_access_token_is_refused_by_400_and_a_name(caller: Caller, token: str) -> None:
    answer = caller.get("com.atproto.server.getSession", token=token)
    assert refusal(answer) == (400, "InvalidToken")


def test_a_refresh_token_gives_no_access_and_the_reverse(caller: Caller) -> None:
    as_access = caller.get("com.atproto.server.getSession", token=caller.refresh)
    as_refresh = caller.send("com.atproto.server.refreshSession", token=caller.access)
    assert refusal(as_access) == refusal(as_refresh) == (400, "InvalidToken")


# Rotation


def test_a_refresh_gives_a_new_refresh_token(caller: Caller) -> None:
    answer = caller.send("com.atproto.server.refreshSession", token=caller.refresh)
    assert answer.status_code == 200
    assert claims(answer.json()["refreshJwt"])["jti"] != claims(caller.refresh)["jti"]


def test_an_old_refresh_token_gives_the_same_successor_again(caller: Caller) -> None:
    first = caller.send("com.atproto.server.refreshSession", token=caller.refresh).json()
    caller.send("com.atproto.server.refreshSession", token=first["refreshJwt"])
    again = caller.send("com.atproto.server.refreshSession", token=caller.refresh)
    assert again.status_code == 200
    assert claims(again.json()["refreshJwt"])["jti"] == claims(first["refreshJwt"])["jti"]


def test_an_old_refresh_token_dies_after_two_hours_and_takes_nothing_with_it(
    real_pds: RealPds, caller: Caller
) -> None:
    first = caller.send("com.atproto.server.refreshSession", token=caller.refresh).json()
    old = claims(caller.refresh)["jti"]
    with stored_sessions(real_pds) as base:
        row = base.execute("SELECT expiresAt FROM refresh_token WHERE id = ?", (old,)).fetchone()
        base.execute("UPDATE refresh_token SET expiresAt = '2020-01-01' WHERE id = ?", (old,))
    left = datetime.fromisoformat(row[0]).timestamp() - claims(first["accessJwt"])["iat"]
    assert left == pytest.approx(2 * 60 * 60, abs=30)
    late = caller.send("com.atproto.server.refreshSession", token=caller.refresh)
    assert refusal(late) == (400, "ExpiredToken")
    assert late.json()["message"] == "Token has been revoked"
    successor = caller.send("com.atproto.server.refreshSession", token=first["refreshJwt"])
    assert successor.status_code == 200


def test_a_refresh_token_that_ran_out_is_refused_by_400_and_a_name(
    real_pds: RealPds, caller: Caller
) -> None:
    token = real_pds.expire(caller.refresh)
    answer = caller.send("com.atproto.server.refreshSession", token=token)
    assert refusal(answer) == (400, "ExpiredToken")


def test_a_deleted_session_refreshes_no_more_but_its_access_token_lives_on(caller: Caller) -> None:
    deleted = caller.send("com.atproto.server.deleteSession", token=caller.refresh)
    assert (deleted.status_code, deleted.content) == (200, b"")
    answer = caller.send("com.atproto.server.refreshSession", token=caller.refresh)
    assert refusal(answer) == (400, "ExpiredToken")
    assert answer.json()["message"] == "Token has been revoked"
    assert caller.get("com.atproto.server.getSession").status_code == 200


def test_a_revoked_app_password_refreshes_no_more_but_its_access_token_lives_on(
    real_pds: RealPds, caller: Caller
) -> None:
    owner = caller.log_in(caller.account.password).json()["accessJwt"]
    password = real_pds.create_app_password(caller.account, "gone")
    session = caller.log_in(password).json()
    caller.send("com.atproto.server.revokeAppPassword", {"name": "gone"}, token=owner)
    answer = caller.send("com.atproto.server.refreshSession", token=session["refreshJwt"])
    assert refusal(answer) == (400, "ExpiredToken")
    assert refusal(caller.log_in(password)) == (401, "AuthenticationRequired")
    alive = caller.get("com.atproto.server.getSession", token=session["accessJwt"])
    assert alive.status_code == 200


# Writing a record once


def test_create_with_a_key_that_exists_answers_500(caller: Caller) -> None:
    key = new_key()
    assert caller.write(post(), key, how="createRecord").status_code == 200
    again = caller.write(post(), key, how="createRecord")
    assert refusal(again) == (500, "InternalServerError")
    assert caller.keys() == [key]


def test_put_of_the_same_record_twice_is_one_record_with_one_cid(caller: Caller) -> None:
    key = new_key()
    first, again = caller.write(post(), key).json(), caller.write(post(), key).json()
    uri = f"at://{caller.account.did}/{POST}/{key}"
    assert (first["uri"], first["cid"]) == (again["uri"], again["cid"]) == (uri, first["cid"])
    assert "commit" in first
    assert "commit" not in again
    assert caller.keys() == [key]


def test_put_of_another_record_overwrites_unless_the_caller_says_it_must_be_new(
    writer: Caller,
) -> None:
    key = new_key()
    first = writer.write(post("one"), key, swapRecord=None).json()
    refused = writer.write(post("two"), key, swapRecord=None)
    assert refusal(refused) == (400, "InvalidSwap")
    assert refused.json()["message"] == f"Record was at {first['cid']}"
    assert writer.write(post("two"), key).json()["cid"] != first["cid"]


def test_an_absent_key_is_told_by_400_and_a_name(writer: Caller) -> None:
    where = {"repo": writer.account.did, "collection": POST, "rkey": new_key()}
    answer = writer.get("com.atproto.repo.getRecord", **where)
    assert refusal(answer) == (400, "RecordNotFound")


def test_a_written_record_is_found_by_its_key_at_once(writer: Caller) -> None:
    key = new_key()
    written = writer.write(post("found"), key).json()
    where = {"repo": writer.account.did, "collection": POST, "rkey": key}
    read = writer.get("com.atproto.repo.getRecord", **where).json()
    assert (read["uri"], read["cid"]) == (written["uri"], written["cid"])
    assert read["value"] == post("found")


def test_deleting_an_absent_record_succeeds(writer: Caller) -> None:
    where = {"repo": writer.account.did, "collection": POST, "rkey": new_key()}
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
