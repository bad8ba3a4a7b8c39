import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from PIL import Image


def png(colour: str = "red", size: tuple[int, int] = (30, 20)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


FILE_AND_THUMBNAIL = 2


def upload(user: Any, data: bytes | None = None, name: str = "a.png", **fields: Any) -> Any:
    values = {"title": "A picture", "type": "image", **fields}
    return user.http.post("/content", data=values, files={"file": (name, data or png())})


def text(user: Any, **fields: Any) -> Any:
    return user.http.post(
        "/content", json={"title": "T", "type": "text", "text": "Words", **fields}
    )


def code_of(answer: Any) -> str:
    code: str = answer.json()["error"]["code"]
    return code


def test_a_picture_is_taken_shown_and_given_back(user: Any) -> None:
    answer = upload(user, name="Ünser Bild.png", altText="A red field", tags=["a", "b"])
    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "id": made["id"],
        "type": "image",
        "title": "A picture",
        "altText": "A red field",
        "tags": ["a", "b"],
        "status": "ready",
        "fileUrl": f"/api/v1/content/{made['id']}/file",
        "fileName": "Ünser Bild.png",
        "fileSize": len(png()),
        "mimeType": "image/png",
        "width": 30,
        "height": 20,
        "thumbnailUrl": f"/api/v1/content/{made['id']}/thumbnail",
        "createdAt": made["createdAt"],
        "updatedAt": made["updatedAt"],
    }
    assert user.http.get(f"/content/{made['id']}").json() == made
    assert len(user.files()) == FILE_AND_THUMBNAIL


def test_a_request_that_comes_again_after_its_content_was_deleted_leaves_no_file(
    user: Any,
) -> None:
    def again() -> Any:
        return user.http.post(
            "/content",
            data={"title": "P", "type": "image"},
            files={"file": ("a.png", png())},
            headers={"idempotency-key": "once"},
        )

    made = again().json()
    assert user.http.delete(f"/content/{made['id']}").status_code == 200
    repeated = again()
    assert (repeated.json()["id"], repeated.headers["idempotent-replay"]) == (made["id"], "true")
    assert user.files() == []


def test_the_file_comes_back_to_be_saved_and_never_to_be_shown(user: Any) -> None:
    made = upload(user, name='a "b"\\ü.png').json()
    answer = user.http.get(f"/content/{made['id']}/file")
    assert answer.content == png()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(png()))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"_.png\"; filename*=UTF-8''%C3%BC.png"
    )


def test_head_tells_of_the_file_and_sends_none_of_it(user: Any) -> None:
    made = upload(user).json()
    answer = user.http.head(f"/content/{made['id']}/file")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(png()))


def test_text_comes_as_json_or_as_a_form(user: Any) -> None:
    by_json = text(user)
    by_form = user.http.post(
        "/content", files=[(name, (None, value)) for name, value in
                           (("title", "T"), ("type", "text"), ("text", "Words"))],
    )  # fmt: skip
    for answer in (by_json, by_form):
        assert answer.status_code == 201
        made = answer.json()
        assert (made["type"], made["text"]) == ("text", "Words")
        assert not {"fileUrl", "mimeType", "width", "altText", "description"} & made.keys()
        missing = user.http.get(f"/content/{made['id']}/file")
        assert (missing.status_code, code_of(missing)) == (404, "CONTENT_WITHOUT_FILE")
    assert user.files() == []


def test_tags_come_repeated_or_as_one_json_array(user: Any) -> None:
    assert upload(user, tags='["a", "b,c"]').json()["tags"] == ["a", "b,c"]
    assert upload(user, tags=["a", "b,c", "a"]).json()["tags"] == ["a", "b,c"]
    assert upload(user, tags="").json()["tags"] == []
    broken = upload(user, tags='["a", 1]')
    assert (broken.status_code, broken.json()["error"]["details"]) == (400, {"field": "tags"})


def test_a_list_is_paged_and_filtered(user: Any) -> None:
    made = [text(user, title=f"Number {number}").json()["id"] for number in range(5)]
    picture = upload(user).json()["id"]
    page = user.http.get("/content", params={"page": 2, "limit": 4}).json()
    assert [row["id"] for row in page["data"]] == [made[1], made[0]]
    assert page["pagination"] == {"page": 2, "limit": 4, "total": 6, "totalPages": 2}
    only = user.http.get("/content", params={"type": "image", "status": "ready"}).json()
    assert [row["id"] for row in only["data"]] == [picture]
    assert user.http.get("/content", params={"page": 9}).json()["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"}, {"page": "x"}, {"limit": "0"}, {"limit": "101"}, {"type": "picture"}, {"type": "null"},
        {"status": "gone"}, {"sort": "title"}, {"page": "99999999999999999999"}, {"type": "\x00"},
    ],
)  # fmt: skip
def test_a_query_that_does_not_fit_is_refused(user: Any, query: dict[str, str]) -> None:
    answer = user.http.get("/content", params=query)
    assert (answer.status_code, code_of(answer)) == (400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"]["field"] == next(iter(query))


def test_a_change_keeps_what_it_does_not_name(user: Any) -> None:
    made = text(user, description="Old", tags=["x"]).json()
    path = f"/content/{made['id']}"
    changed = user.http.patch(path, json={"title": "New", "description": None, "status": "draft"})
    assert changed.status_code == 200
    assert changed.json()["title"] == "New"
    assert "description" not in changed.json()
    assert changed.json()["tags"] == ["x"]
    assert user.http.get(path).json() == changed.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"), ({"title": None}, "title"), ({"title": 5}, "title"),
        ({"title": "x" * 501}, "title"), ({"title": "a\x00"}, "title"), ({"text": ""}, "text"),
        ({"status": "published"}, "status"), ({"tags": "a"}, "tags"), ({"tags": [""]}, "tags"),
        ({"type": "image"}, "type"), ({"file": "x"}, "file"), ({"description": {}}, "description"),
    ],
)  # fmt: skip
def test_a_change_that_does_not_fit_changes_nothing(
    user: Any, body: dict[str, Any], field: str
) -> None:
    made = text(user).json()
    answer = user.http.patch(f"/content/{made['id']}", json=body)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)
    assert user.http.get(f"/content/{made['id']}").json() == made


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "text", "text": "W"}, "title"), ({"title": "T", "text": "W"}, "type"),
        ({"title": "T", "type": "text"}, "text"), ({"title": "T", "type": "image"}, "file"),
        ({"title": "T", "type": "poem", "text": "W"}, "type"),
        ({"title": "T", "type": "text", "text": "a\x00"}, "text"),
        ({"title": "T", "type": "text", "text": "W", "more": 1}, "more"),
        ({"title": "T", "type": "text", "text": "x" * 100_001}, "text"),
    ],
)  # fmt: skip
def test_text_that_does_not_fit_is_refused(user: Any, body: dict[str, Any], field: str) -> None:
    answer = user.http.post("/content", json=body)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)
    assert user.nothing_left()


def test_a_json_body_beyond_a_megabyte_is_refused(user: Any) -> None:
    answer = text(user, text="x" * 1_000_001)
    assert (answer.status_code, code_of(answer)) == (413, "TOO_LARGE")
    assert user.nothing_left()


def test_a_lone_surrogate_is_refused(user: Any) -> None:
    body = b'{"title": "a\\ud800", "type": "text", "text": "W"}'
    answer = user.http.post("/content", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert user.nothing_left()


def test_deleted_content_is_gone_and_its_file_with_the_last_of_its_kind(user: Any) -> None:
    first, second = upload(user).json()["id"], upload(user).json()["id"]
    assert len(user.files()) == FILE_AND_THUMBNAIL
    answer = user.http.delete(f"/content/{first}")
    assert answer.status_code == 200
    assert answer.json() == {"id": first, "deleted": True, "cancelledJobs": []}
    assert user.http.get(f"/content/{second}/file").content == png()
    user.http.delete(f"/content/{second}")
    assert user.nothing_left()
    again = user.http.delete(f"/content/{first}")
    assert (again.status_code, code_of(again)) == (404, "CONTENT_NOT_FOUND")


def test_another_tenants_content_is_not_there(user: Any, stranger: Any) -> None:
    made = upload(user).json()["id"]
    for answer in (
        stranger.http.get(f"/content/{made}"),
        stranger.http.get(f"/content/{made}/file"),
        stranger.http.patch(f"/content/{made}", json={"title": "Mine"}),
        stranger.http.delete(f"/content/{made}"),
    ):
        assert (answer.status_code, code_of(answer)) == (404, "CONTENT_NOT_FOUND")
    assert stranger.http.get("/content").json()["pagination"]["total"] == 0
    assert user.http.get(f"/content/{made}").status_code == 200


def test_a_lost_file_is_said_and_can_be_uploaded_again(user: Any) -> None:
    made = upload(user).json()["id"]
    for path in user.files():
        path.unlink()
    answer = user.http.get(f"/content/{made}/file")
    assert (answer.status_code, code_of(answer)) == (404, "FILE_MISSING")
    upload(user)
    assert user.http.get(f"/content/{made}/file").content == png()


@pytest.mark.parametrize("path", ["/content/x", f"/content/{UUID(int=7)}", "/content/0/file"])
def test_what_is_not_there_is_said(user: Any, path: str) -> None:
    assert user.http.get(path).status_code == 404


def test_nothing_works_without_a_token(user: Any) -> None:
    del user.http.headers["authorization"]
    for answer in (user.http.get("/content"), upload(user), text(user)):
        assert (answer.status_code, code_of(answer)) == (401, "UNAUTHORIZED")
    assert user.files() == []


def test_the_same_upload_under_one_key_has_one_effect(user: Any) -> None:
    user.http.headers["idempotency-key"] = "one"
    first, again = upload(user), upload(user)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotent-replay"] == "true"
    for other in (upload(user, png("blue")), upload(user, title="Other"), text(user)):
        assert (other.status_code, code_of(other)) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert user.http.get("/content").json()["pagination"]["total"] == 1
    assert len(user.files()) == FILE_AND_THUMBNAIL


def test_two_equal_uploads_under_one_key_at_the_same_moment_have_one_effect(user: Any) -> None:
    user.http.headers["idempotency-key"] = "three"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: upload(user), range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replay" in answer.headers for answer in answers) == 3
    assert user.http.get("/content").json()["pagination"]["total"] == 1
    assert len(user.files()) == FILE_AND_THUMBNAIL


def test_a_failed_upload_frees_its_key(user: Any) -> None:
    user.http.headers["idempotency-key"] = "two"
    assert upload(user, png()[:60]).status_code == 415
    assert upload(user).status_code == 201
