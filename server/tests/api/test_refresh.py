from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest


def renew(http: Any, token: Any) -> Any:
    return http.post("/auth/refresh", json={"refreshToken": token})


def test_a_refresh_gives_the_next_pair(anyone: Any, person: Any) -> None:
    answer = renew(anyone, person.refresh_token)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"accessToken", "refreshToken", "expiresIn", "user"}
    assert body["refreshToken"] != person.refresh_token
    me = anyone.get("/auth/me", headers={"authorization": f"Bearer {body['accessToken']}"})
    assert me.json()["user"]["id"] == person.user_id


def test_the_immediate_predecessor_gives_the_same_successor(anyone: Any, person: Any) -> None:
    first = renew(anyone, person.refresh_token).json()
    again = renew(anyone, person.refresh_token)
    assert again.status_code == 200
    assert again.json()["refreshToken"] == first["refreshToken"]


def test_many_refreshes_at_once_give_one_successor(anyone: Any, person: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: renew(anyone, person.refresh_token), range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refreshToken"] for answer in answers}) == 1


def test_an_older_token_ends_the_whole_sign_in(anyone: Any, person: Any, refused: Any) -> None:
    second = renew(anyone, person.refresh_token).json()["refreshToken"]
    third = renew(anyone, second).json()["refreshToken"]
    refused(renew(anyone, person.refresh_token), 401, "REFRESH_REUSED")
    refused(renew(anyone, third), 401, "REFRESH_REVOKED")


def test_the_predecessor_after_the_grace_ends_the_sign_in(
    anyone: Any, person: Any, server: Any, refused: Any
) -> None:
    second = renew(anyone, person.refresh_token).json()["refreshToken"]
    server.sql(
        "UPDATE refresh_tokens SET used_at = used_at - interval '1 hour' "
        "WHERE tenant_id = $1::text::uuid",
        person.tenant_id,
    )
    refused(renew(anyone, person.refresh_token), 401, "REFRESH_REUSED")
    refused(renew(anyone, second), 401, "REFRESH_REVOKED")


def test_other_sign_ins_of_the_same_user_go_on(anyone: Any, person: Any, refused: Any) -> None:
    body = {"email": person.email, "password": "Correct-Horse-7"}
    other = anyone.post("/auth/login", json=body).json()["refreshToken"]
    assert (
        anyone.post("/auth/logout", json={"refreshToken": person.refresh_token}).status_code == 204
    )
    refused(renew(anyone, person.refresh_token), 401, "REFRESH_REVOKED")
    assert renew(anyone, other).status_code == 200


def test_an_expired_token_is_told_from_an_unknown_one(
    anyone: Any, person: Any, server: Any, refused: Any
) -> None:
    server.sql(
        "UPDATE refresh_tokens SET expires_at = now() WHERE tenant_id = $1::text::uuid",
        person.tenant_id,
    )
    refused(renew(anyone, person.refresh_token), 401, "REFRESH_EXPIRED")


@pytest.mark.parametrize("token", ["", "r1.short", "r1." + "A" * 43, "nonsense", "r1." + "é" * 43])
def test_an_unknown_token_is_refused(anyone: Any, refused: Any, token: Any) -> None:
    refused(renew(anyone, token), 401, "REFRESH_UNKNOWN")


def test_an_access_token_is_no_refresh_token(anyone: Any, person: Any, refused: Any) -> None:
    refused(renew(anyone, person.access_token), 401, "REFRESH_UNKNOWN")


def test_signing_out_twice_or_with_nonsense_is_no_fault(anyone: Any, person: Any) -> None:
    for token in (person.refresh_token, person.refresh_token, "nonsense"):
        answer = anyone.post("/auth/logout", json={"refreshToken": token})
        assert (answer.status_code, answer.content) == (204, b"")


def test_the_database_holds_hashes_and_never_a_token(anyone: Any, person: Any, server: Any) -> None:
    second = renew(anyone, person.refresh_token).json()["refreshToken"]
    rows = server.sql(
        "SELECT r::text AS row FROM refresh_tokens r WHERE tenant_id = $1::text::uuid",
        person.tenant_id,
    )
    assert len(rows) == 2
    for token in (person.refresh_token, second):
        assert all(token.removeprefix("r1.") not in row["row"] for row in rows)
