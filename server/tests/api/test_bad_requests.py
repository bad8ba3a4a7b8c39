import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

JSON = {"content-type": "application/json"}
REGISTER, LOGIN = "/auth/register", "/auth/login"
SOCIAL, PUBLISH = "/social-accounts", "/publish"
ID = str(uuid4())
TARGET = {"socialAccountId": ID, "platform": "bluesky"}
POST = {"contentId": ID, "accounts": [TARGET]}
BAD_REQUEST = "VALIDATION_ERROR"

BODIES = {
    "no JSON": (SOCIAL, b"{not json", "BAD_JSON", None),
    "half a JSON": (SOCIAL, b'{"platform": "blue', "BAD_JSON", None),
    "nothing": (SOCIAL, b"", "BAD_JSON", None),
    "two documents": (SOCIAL, b'{"platform": "x"} {}', "BAD_JSON", None),
    "a comma too much": (SOCIAL, b'{"platform": "bluesky",}', "BAD_JSON", None),
    "NaN": (SOCIAL, b'{"platform": NaN}', "BAD_JSON", None),
    "not UTF-8": (SOCIAL, b'{"platform": "\xff\xfe"}', "BAD_JSON", None),
    "UTF-16": (SOCIAL, '{"platform": "bluesky"}'.encode("utf-16"), "BAD_JSON", None),
    "a lone surrogate": (SOCIAL, b'{"platform": "\\ud800"}', "BAD_JSON", None),
    "nested too deep": (SOCIAL, b'{"credentials":' + b"[" * 200_000, None, None),
    "an array": (SOCIAL, b"[]", BAD_REQUEST, None),
    "null": (SOCIAL, b"null", BAD_REQUEST, None),
    "a text": (SOCIAL, b'"bluesky"', BAD_REQUEST, None),
    "a key missing": (SOCIAL, b"{}", BAD_REQUEST, "platform"),
    "an unknown key": (SOCIAL, b'{"platform": "bluesky", "x": 1}', BAD_REQUEST, "x"),
    "snake case": (PUBLISH, b'{"content_id": "x"}', BAD_REQUEST, "content_id"),
    "a number for a text": (SOCIAL, b'{"platform": 7}', BAD_REQUEST, "platform"),
    "null for a text": (SOCIAL, b'{"platform": null}', BAD_REQUEST, "platform"),
    "a text for an object": (
        SOCIAL,
        b'{"platform": "bluesky", "credentials": "x"}',
        BAD_REQUEST,
        "credentials",
    ),
    "a number inside credentials": (
        SOCIAL,
        b'{"platform": "bluesky", "credentials": {"identifier": 1}}',
        BAD_REQUEST,
        "credentials[...]",
    ),
    "NUL in a text": (SOCIAL, b'{"platform": "blue\\u0000sky"}', BAD_REQUEST, "platform"),
    "NUL deep inside": (
        PUBLISH,
        json.dumps({**POST, "metadata": {"thread": [{"text": "a\x00"}]}}).encode(),
        BAD_REQUEST,
        "metadata.thread[0].text",
    ),
    "no UUID": (PUBLISH, json.dumps({**POST, "contentId": "7"}).encode(), BAD_REQUEST, "contentId"),
    "no accounts": (
        PUBLISH,
        json.dumps({**POST, "accounts": []}).encode(),
        BAD_REQUEST,
        "accounts",
    ),
    "too many accounts": (
        PUBLISH,
        json.dumps({**POST, "accounts": [TARGET] * 101}).encode(),
        BAD_REQUEST,
        "accounts",
    ),
    "an unknown key of an account": (
        PUBLISH,
        json.dumps({**POST, "accounts": [{**TARGET, "x": 1}]}).encode(),
        BAD_REQUEST,
        "accounts[0].x",
    ),
    "an unknown wish": (
        PUBLISH,
        json.dumps({**POST, "metadata": {"colour": "red"}}).encode(),
        BAD_REQUEST,
        "metadata.colour",
    ),
    "a text for a boolean": (
        PUBLISH,
        json.dumps({**POST, "publishNow": "true"}).encode(),
        BAD_REQUEST,
        "publishNow",
    ),
    "a time that is none": (
        PUBLISH,
        json.dumps({**POST, "scheduleAt": "tomorrow"}).encode(),
        BAD_REQUEST,
        "scheduleAt",
    ),
    "a day that is none": (
        PUBLISH,
        json.dumps({**POST, "scheduleAt": "2030-02-30T09:00:00Z"}).encode(),
        BAD_REQUEST,
        "scheduleAt",
    ),
    "an offset that is none": (
        PUBLISH,
        json.dumps({**POST, "scheduleAt": "2030-02-03T09:00:00+99:00"}).encode(),
        BAD_REQUEST,
        "scheduleAt",
    ),
}


@pytest.mark.parametrize("case", BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused_and_leaves_nothing(person: Any, refused: Any, case: Any) -> None:
    path, content, code, field = case
    answer = person.http.post(path, content=content, headers=JSON)

    error = refused(answer, 400, code or answer.json()["error"]["code"])
    assert error["code"] in {"BAD_JSON", BAD_REQUEST}
    if field is not None:
        assert error["details"]["field"] == field
    assert person.rows("publish_jobs") == person.rows("social_accounts") == 0


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/xml", "application/json; charset=latin-1", "json"],
)
def test_a_body_that_is_not_said_to_be_json_is_refused(
    person: Any, refused: Any, content_type: Any
) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    answer = person.http.post(SOCIAL, content=b'{"platform": "bluesky"}', headers=headers)
    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("path", [REGISTER, LOGIN, "/auth/refresh", SOCIAL, PUBLISH])
def test_a_huge_body_is_refused(person: Any, refused: Any, path: Any) -> None:
    content = b'{"x": "' + b"x" * 1_100_000 + b'"}'
    refused(person.http.post(path, content=content, headers=JSON), 413, "TOO_LARGE")


def test_a_huge_body_without_a_length_is_refused(person: Any, refused: Any) -> None:
    def chunks() -> Any:
        for _ in range(20):
            yield b"x" * 100_000

    refused(person.http.post(SOCIAL, content=chunks(), headers=JSON), 413, "TOO_LARGE")


@pytest.mark.parametrize("path", ["/content", SOCIAL, "/jobs"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=-1", "page"),
        ("page=x", "page"),
        ("page=1.5", "page"),
        ("page=", "page"),
        ("page=99999999999999999999", "page"),
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
        ("page=1&page=2", "page"),
        ("pgae=1", "pgae"),
        ("page=1&x=y", "x"),
        ("page=%00", "page"),
        ("x=%ff", None),
        ("&".join(f"a{number}=1" for number in range(60)), None),
    ],
)
def test_a_bad_query_is_refused(
    person: Any, refused: Any, path: Any, query: Any, field: Any
) -> None:
    error = refused(person.http.get(f"{path}?{query}"), 400, BAD_REQUEST)
    assert error.get("details", {}).get("field") == field


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/jobs?state=lost", "state"),
        ("/jobs?status=missed", "status"),
        ("/jobs?state=missed&status=published", "status"),
        ("/jobs?contentId=7", "contentId"),
        ("/jobs?socialAccountId=x", "socialAccountId"),
        ("/content?type=song", "type"),
        ("/content?status=lost", "status"),
    ],
)
def test_a_filter_that_can_never_match_is_refused(
    person: Any, refused: Any, path: Any, field: Any
) -> None:
    error = refused(person.http.get(path), 400, BAD_REQUEST)
    assert error["details"]["field"] == field


@pytest.mark.parametrize("path", ["/content", "/social-accounts", "/jobs"])
def test_a_page_beyond_the_end_is_empty(person: Any, path: Any) -> None:
    answer = person.http.get(f"{path}?page=1000000&limit=100")
    assert answer.status_code == 200
    assert answer.json()["data"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/content/7",
        "/content/not-a-uuid/file",
        "/jobs/7",
        "/jobs/%00",
        "/social-accounts/../../etc",
        "/social-accounts/7",
        "/auth",
    ],
)
def test_an_address_that_is_none_is_not_found(person: Any, refused: Any, path: Any) -> None:
    refused(person.http.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["content", "social-accounts", "jobs"])
def test_an_unknown_id_is_not_found(person: Any, refused: Any, path: Any) -> None:
    answer = person.http.get(f"/{path}/{uuid4()}")
    refused(answer, 404, "CONTENT_NOT_FOUND" if path == "content" else "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/content"), ("PUT", "/content"), ("GET", "/publish"), ("PATCH", "/auth/login")],
)
def test_a_method_that_is_not_there_is_named(
    person: Any, refused: Any, method: Any, path: Any
) -> None:
    answer = person.http.request(method, path)
    refused(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["allow"]


@pytest.mark.parametrize("path", ["/content", "/auth/me", "/health/live", "/openapi.json"])
def test_head_gives_the_headers_of_get_and_no_body(person: Any, path: Any) -> None:
    head, get = person.http.head(path), person.http.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


def test_head_of_nothing_is_not_found(person: Any) -> None:
    answer = person.http.head("/nothing")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abcdef-123456", True), ("short", False), ("x" * 129, False), ("with space in it", False)],
)
def test_a_sane_request_id_is_kept_and_any_other_replaced(
    anyone: Any, given: Any, kept: Any
) -> None:
    answer = anyone.get("/health/live", headers={"x-request-id": given})
    assert (answer.headers["x-request-id"] == given) is kept
    assert len(answer.headers["x-request-id"]) >= 8


def test_every_answer_has_safe_headers(anyone: Any, person: Any) -> None:
    for answer in (anyone.get("/health/live"), anyone.get("/nothing"), person.http.get("/content")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"]
        assert "access-control-allow-origin" not in answer.headers


def test_a_client_that_goes_away_in_its_body_leaves_the_server_well(
    server: Any, person: Any
) -> None:
    def half() -> Any:
        yield b'{"platform": '
        raise ConnectionAbortedError

    headers = {**JSON, "authorization": f"Bearer {person.access_token}"}
    with httpx.Client(base_url=server.url) as http, pytest.raises(ConnectionAbortedError):
        http.post(SOCIAL, content=half(), headers=headers)
    assert person.http.get("/auth/me").status_code == 200
