import json
import time
from typing import Any
from uuid import uuid4

PASSWORD = "Correct-Horse-7"


def lines_of(server: Any, request_id: str) -> list[dict[str, Any]]:
    """Gives the log's lines of a request, which are written right after its answer."""
    end = time.monotonic() + 10
    found: list[dict[str, Any]] = []
    while not found and time.monotonic() < end:
        lines = server.log.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines if request_id in line and line[:1] == "{"]
    return found


def test_each_request_is_one_line_with_its_id_and_whose_it_is(person: Any) -> None:
    request_id = uuid4().hex
    person.http.get("/content?page=1", headers={"x-request-id": request_id})
    (line,) = lines_of(person.server, request_id)
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/content", 200)
    assert line["ms"] >= 0
    assert line["tenant_id"] == person.tenant_id
    assert line["user_id"] == person.user_id


def test_neither_passwords_nor_tokens_are_logged(anyone: Any, person: Any, bluesky: Any) -> None:
    credentials = bluesky.account()
    body = {"platform": "bluesky", "credentials": credentials}
    person.http.post("/social-accounts", json=body)
    person.http.get(f"/content?token={person.access_token}")
    anyone.post("/auth/login", json={"email": person.email, "password": PASSWORD})
    anyone.post("/auth/login", json={"email": person.email, "password": f"{PASSWORD}!"})
    anyone.post("/auth/refresh", json={"refreshToken": person.refresh_token})
    request_id = uuid4().hex
    anyone.get("/auth/me", headers={"authorization": "Bearer x", "x-request-id": request_id})
    assert lines_of(person.server, request_id)

    written = person.server.log.read_text(encoding="utf-8")
    for secret in (
        PASSWORD,
        person.access_token,
        person.refresh_token,
        credentials["appPassword"],
    ):
        assert secret not in written
