import base64
import hashlib
from typing import Any

import httpx
import pytest

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8000
HALF = len(PDF) * 2 // 5
BYTES = "application/offset+octet-stream"
TUS = {"tus-resumable": "1.0.0"}


def code_of(answer: Any) -> str:
    code: str = answer.json()["error"]["code"]
    return code


def test_anybody_is_told_what_uploads_can_do(upload_server: Any) -> None:
    answer = httpx.options(f"{upload_server.url}/uploads")
    assert answer.status_code == 204
    told = {name: value for name, value in answer.headers.items() if name.startswith("tus-")}
    assert told == {
        "tus-resumable": "1.0.0",
        "tus-version": "1.0.0",
        "tus-extension": "creation,creation-with-upload,checksum,termination,expiration",
        "tus-max-size": str(16 * 1024**3),
        "tus-checksum-algorithm": "md5,sha1,sha256",
    }


def test_a_file_in_two_requests_becomes_content_with_its_words(user: Any) -> None:
    fields = {"altText": "Ä", "tags": '["a", "b"]', "description": "Long"}
    begun = user.begin(len(PDF), fields=fields)
    assert begun.status_code == 201
    assert begun.headers["upload-expires"].endswith("GMT")
    path = begun.headers["location"].removeprefix("/api/v1")
    assert begun.json()["id"] == path.rpartition("/")[2]
    first = user.send(path, 0, PDF[:HALF])
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(HALF))
    assert first.headers["tus-resumable"] == "1.0.0"
    state = user.http.get(path).json()
    assert (state["state"], state["received"], state["size"]) == ("receiving", HALF, len(PDF))
    last = user.send(path, HALF, PDF[HALF:])
    assert (last.status_code, last.headers["upload-state"]) == (204, "done")
    content = user.http.get(f"/content/{last.headers['upload-content-id']}").json()
    assert (content["title"], content["altText"], content["tags"]) == (
        "Ein Papier",
        "Ä",
        ["a", "b"],
    )
    assert (content["fileName"], content["fileSize"]) == ("paper.pdf", len(PDF))
    assert user.whole_file(content["id"]) == PDF
    assert user.http.get(path).json()["contentId"] == content["id"]
    assert user.offset(path) == len(PDF)
    assert len(user.files()) == 1


def test_the_first_bytes_may_come_with_the_creation(user: Any) -> None:
    begun = user.begin(len(PDF), content=PDF[:HALF], headers={"content-type": BYTES})
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, str(HALF))
    small = user.begin(9, content=PDF[:9], headers={"content-type": BYTES})
    assert (small.status_code, small.headers["upload-state"]) == (201, "done")


def test_what_clients_of_the_tus_project_send_is_understood(user: Any) -> None:
    fields = {
        "type": "application/pdf",
        "filetype": "application/pdf",
        "name": "x.pdf",
        "title": "",
    }
    begun = user.begin(9, fields={**fields, "relativePath": "null", "filename": "Mein Bericht.pdf"})
    assert begun.status_code == 201, begun.text
    assert (begun.json()["type"], begun.json()["title"]) == ("document", "Mein Bericht")


def test_a_creation_that_is_repeated_under_one_key_begins_one_upload(user: Any) -> None:
    key = {"idempotency-key": "once"}
    first, again = user.begin(900, headers=key), user.begin(900, headers=key)
    assert again.json()["id"] == first.json()["id"]
    other = user.begin(901, headers=key)
    assert (other.status_code, code_of(other)) == (409, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"upload-length": ""}, 400, "VALIDATION_ERROR"),
        ({"upload-length": "-1"}, 400, "VALIDATION_ERROR"),
        ({"upload-length": "1e3"}, 400, "VALIDATION_ERROR"),
        ({"upload-length": "0"}, 400, "EMPTY_FILE"),
        ({"upload-length": "20000000000"}, 413, "FILE_TOO_LARGE"),
        ({"upload-length": "30000000"}, 413, "QUOTA_EXCEEDED"),
        ({"upload-defer-length": "1"}, 400, "VALIDATION_ERROR"),
        ({"upload-metadata": "title !!"}, 400, "VALIDATION_ERROR"),
        ({"upload-metadata": "title /////w=="}, 400, "VALIDATION_ERROR"),
        ({"upload-metadata": "color cmVk"}, 400, "VALIDATION_ERROR"),
        ({"upload-metadata": "title YQ==,title YQ=="}, 400, "VALIDATION_ERROR"),
        ({"upload-metadata": "title YQ==,type dGV4dA=="}, 400, "VALIDATION_ERROR"),
        ({"upload-metadata": "filename YS5wZGY=,tags WzFd"}, 400, "VALIDATION_ERROR"),
        ({"upload-metadata": ""}, 400, "VALIDATION_ERROR"),
        ({"tus-resumable": "0.2.2"}, 412, "TUS_VERSION"),
        ({"content-type": "application/json"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        ({"authorization": ""}, 401, "UNAUTHORIZED"),
    ],
)
def test_a_creation_that_does_not_fit_is_refused(
    user: Any, headers: dict[str, str], status: int, code: str
) -> None:
    answer = user.begin(100, headers=headers)
    assert (answer.status_code, code_of(answer)) == (status, code), answer.text
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert user.files() == []


@pytest.mark.parametrize("checksum", ["crc32 AAAA", "sha1 %"])
def test_a_creation_with_a_checksum_that_cannot_be_read_begins_nothing(
    user: Any, checksum: str
) -> None:
    headers = {"content-type": BYTES, "upload-checksum": checksum}
    assert user.begin(15_000_000, content=PDF[:9], headers=headers).status_code == 400
    # There would be no room for a second one.
    assert user.begin(15_000_000).status_code == 201


def test_over_quota_the_figures_are_told(user: Any) -> None:
    user.begun(15_000_000)
    answer = user.begin(6_000_000)
    assert (answer.status_code, code_of(answer)) == (413, "QUOTA_EXCEEDED")
    assert answer.json()["error"]["details"] == {
        "used": 0,
        "reserved": 15_000_000,
        "limit": 20_000_000,
        "size": 6_000_000,
    }


@pytest.mark.parametrize(
    ("offset", "data", "headers", "status", "code"),
    [
        (HALF - 1, PDF[HALF:], {}, 409, "UPLOAD_OFFSET_MISMATCH"),
        (0, PDF, {}, 409, "UPLOAD_OFFSET_MISMATCH"),
        (HALF, PDF, {}, 413, "UPLOAD_TOO_LONG"),
        (HALF, PDF[HALF:], {"content-type": "application/pdf"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (HALF, PDF[HALF:], {"upload-offset": "x"}, 400, "VALIDATION_ERROR"),
        (HALF, PDF[HALF:], {"tus-resumable": "2"}, 412, "TUS_VERSION"),
        (HALF, PDF[HALF:], {"upload-checksum": "crc32 AAAA"}, 400, "CHECKSUM_UNKNOWN"),
        (HALF, PDF[HALF:], {"upload-checksum": "sha1 %"}, 400, "VALIDATION_ERROR"),
        (HALF, PDF[HALF:], {"upload-checksum": "sha1 AAAA"}, 460, "CHECKSUM_MISMATCH"),
        (HALF, PDF[HALF:], {"authorization": "Bearer x"}, 401, "TOKEN_INVALID"),
    ],
)
def test_bytes_that_do_not_fit_change_nothing(
    user: Any, offset: int, data: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    path = user.begun(len(PDF))
    user.send(path, 0, PDF[:HALF])
    answer = user.send(path, offset, data, **headers)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert user.offset(path) == HALF
    digest = base64.b64encode(hashlib.sha1(PDF[HALF:]).digest()).decode()
    done = user.send(path, HALF, PDF[HALF:], **{"upload-checksum": f"sha1 {digest}"})
    assert done.headers["upload-state"] == "done"
    assert user.whole_file(done.headers["upload-content-id"]) == PDF
    assert len(user.files()) == 1


def test_a_file_that_is_not_what_was_said_is_refused_once_it_is_whole(user: Any) -> None:
    page = b"<html><script>alert(1)</script>"
    path = user.begun(len(page))
    answer = user.send(path, 0, page)
    assert (answer.status_code, code_of(answer)) == (415, "UNSUPPORTED_MEDIA_TYPE")
    state = user.http.get(path).json()
    assert (state["state"], state["refusal"]["code"]) == ("refused", "UNSUPPORTED_MEDIA_TYPE")
    assert user.offset(path) == 0
    again = user.send(path, 0, page)
    assert (again.status_code, code_of(again)) == (410, "UNSUPPORTED_MEDIA_TYPE")
    assert user.files() == []


def test_an_upload_is_ended_and_gone(user: Any) -> None:
    path = user.begun(len(PDF))
    user.send(path, 0, PDF[:HALF])
    assert user.http.delete(path, headers=TUS).status_code == 204
    for answer in (user.http.delete(path, headers=TUS), user.send(path, HALF, PDF[HALF:])):
        assert (answer.status_code, code_of(answer)) == (404, "UPLOAD_NOT_FOUND")
    assert user.files() == []


def test_another_tenants_upload_is_not_there(user: Any, stranger: Any) -> None:
    path = user.begun(len(PDF))
    for answer in (
        stranger.http.get(path),
        stranger.send(path, 0, PDF),
        stranger.http.delete(path, headers=TUS),
    ):
        assert (answer.status_code, code_of(answer)) == (404, "UPLOAD_NOT_FOUND")
    assert user.send(path, 0, PDF).headers["upload-state"] == "done"


def test_deleted_content_gives_its_room_back(user: Any) -> None:
    path = user.begun(len(PDF))
    content_id = user.send(path, 0, PDF).headers["upload-content-id"]
    fits = 20_000_000 - len(PDF)
    assert user.begin(fits + 1).status_code == 413
    user.http.delete(f"/content/{content_id}")
    assert user.begin(fits + 1).status_code == 201
