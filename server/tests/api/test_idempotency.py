from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

TEXT = {"title": "T", "type": "text", "text": "Words"}


def key() -> Any:
    return {"idempotency-key": str(uuid4())}


def test_the_same_request_with_the_same_key_gives_the_stored_answer(person: Any) -> None:
    headers = key()
    first = person.http.post("/content", json=TEXT, headers=headers)
    again = person.http.post("/content", json=TEXT, headers=headers)

    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert "idempotent-replay" not in first.headers
    assert again.headers["idempotent-replay"] == "true"
    assert person.rows("content") == 1


def test_the_order_of_keys_makes_no_other_request(person: Any) -> None:
    headers = key()
    turned = dict(reversed(TEXT.items()))
    person.http.post("/content", json=TEXT, headers=headers)
    assert person.http.post("/content", json=turned, headers=headers).status_code == 201
    assert person.rows("content") == 1


def test_the_same_key_with_another_request_is_refused(person: Any, refused: Any) -> None:
    headers = key()
    person.http.post("/content", json=TEXT, headers=headers)
    other = person.http.post("/content", json={**TEXT, "title": "U"}, headers=headers)
    refused(other, 409, "IDEMPOTENCY_KEY_REUSED")
    assert person.rows("content") == 1


def test_the_same_key_at_another_address_is_refused(person: Any, refused: Any) -> None:
    headers = key()
    person.http.post("/content", json=TEXT, headers=headers)
    answer = person.http.post(
        "/publish",
        json={
            "contentId": str(uuid4()),
            "accounts": [{"socialAccountId": str(uuid4()), "platform": "bluesky"}],
        },
        headers=headers,
    )
    refused(answer, 409, "IDEMPOTENCY_KEY_REUSED")


def test_two_users_may_choose_the_same_key(person: Any, stranger: Any) -> None:
    headers = key()
    for one in (person, stranger):
        answer = one.http.post("/content", json=TEXT, headers=headers)
        assert "idempotent-replay" not in answer.headers
        assert one.rows("content") == 1


def test_of_many_at_once_one_has_the_effect_and_all_get_its_answer(person: Any) -> None:
    headers = key()
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: person.http.post("/content", json=TEXT, headers=headers), range(8))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replay" in answer.headers for answer in answers) == 7
    assert person.rows("content") == 1


def test_a_request_that_failed_keeps_nothing_and_may_be_tried_again(
    person: Any, refused: Any
) -> None:
    headers = key()
    refused(
        person.http.post("/content", json={**TEXT, "title": ""}, headers=headers),
        400,
        "VALIDATION_ERROR",
    )
    assert person.rows("replays") == 0
    assert person.http.post("/content", json=TEXT, headers=headers).status_code == 201


def test_a_key_is_free_again_after_a_day(person: Any) -> None:
    headers = key()
    first = person.http.post("/content", json=TEXT, headers=headers)
    person.server.sql(
        f"UPDATE \"{person.schema}\".replays SET created_at = now() - interval '25 hours'"
    )
    second = person.http.post("/content", json={**TEXT, "title": "U"}, headers=headers)
    assert second.status_code == 201
    assert second.json()["id"] != first.json()["id"]


@pytest.mark.parametrize("value", ["", "x" * 256, "two words", "tab\there", "café".encode()])
@pytest.mark.parametrize("path", ["/content", "/auth/login"])
def test_a_key_of_other_characters_is_refused(
    person: Any, refused: Any, path: Any, value: Any
) -> None:
    body = TEXT if path == "/content" else {"email": person.email, "password": "Correct-Horse-7"}
    answer = person.http.post(path, json=body, headers={"idempotency-key": value})
    refused(answer, 400, "IDEMPOTENCY_KEY_INVALID")
    assert person.rows("content") == 0


def sign_up(**changes: Any) -> Any:
    return {
        "email": f"{uuid4().hex}@example.org",
        "password": "Correct-Horse-7",
        "name": "Ada",
        "tenantName": uuid4().hex,
        **changes,
    }


def test_a_sign_up_sent_twice_makes_one_tenant_and_gives_the_same_tokens(
    anyone: Any, server: Any
) -> None:
    headers, body = key(), sign_up()
    first = anyone.post("/auth/register", json=body, headers=headers)
    again = anyone.post("/auth/register", json=body, headers=headers)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert again.headers["idempotent-replay"] == "true"
    assert len(server.sql("SELECT id FROM tenants WHERE name = $1", body["tenantName"])) == 1


def test_sign_ups_at_once_with_one_key_make_one_tenant(anyone: Any, server: Any) -> None:
    headers, body = key(), sign_up()
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: anyone.post("/auth/register", json=body, headers=headers), range(4))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(server.sql("SELECT id FROM tenants WHERE name = $1", body["tenantName"])) == 1


def test_a_key_of_a_sign_up_is_refused_for_another(anyone: Any, refused: Any) -> None:
    headers = key()
    anyone.post("/auth/register", json=sign_up(), headers=headers)
    refused(
        anyone.post("/auth/register", json=sign_up(), headers=headers),
        409,
        "IDEMPOTENCY_KEY_REUSED",
    )


def test_kept_answers_of_strangers_are_sealed(anyone: Any, server: Any) -> None:
    headers, body = key(), sign_up()
    tokens = anyone.post("/auth/register", json=body, headers=headers).json()
    (row,) = server.sql(
        "SELECT sealed_body FROM anonymous_replays WHERE key = $1", headers["idempotency-key"]
    )
    assert tokens["accessToken"].encode() not in row["sealed_body"]
    assert b"accessToken" not in row["sealed_body"]


def test_refresh_and_sign_in_replay_too(anyone: Any, person: Any) -> None:
    credentials = {"email": person.email, "password": "Correct-Horse-7"}
    for path, body in (
        ("/auth/login", credentials),
        ("/auth/refresh", {"refreshToken": person.refresh_token}),
        ("/auth/logout", {"refreshToken": person.refresh_token}),
    ):
        headers = key()
        first = anyone.post(path, json=body, headers=headers)
        again = anyone.post(path, json=body, headers=headers)
        assert first.status_code == again.status_code, path
        assert first.content == again.content
        assert again.headers["idempotent-replay"] == "true"


def test_a_wrong_password_gets_no_stored_answer(anyone: Any, person: Any, refused: Any) -> None:
    headers = key()
    body = {"email": person.email, "password": "Correct-Horse-7"}
    anyone.post("/auth/login", json=body, headers=headers)
    answer = anyone.post("/auth/login", json={**body, "password": "Wrong-Horse-7"}, headers=headers)
    refused(answer, 401, "CREDENTIALS_INVALID")
