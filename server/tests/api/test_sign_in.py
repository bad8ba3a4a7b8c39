from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

NEW = {"password": "Correct-Horse-7", "name": "Ada", "tenantName": "Ada's Studio"}


def fresh_mail() -> str:
    return f"{uuid4().hex}@example.org"


def test_sign_up_makes_a_tenant_with_its_owner(anyone: Any, server: Any) -> None:
    email = fresh_mail()
    answer = anyone.post("/auth/register", json={**NEW, "email": email})

    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == {"accessToken", "refreshToken", "expiresIn", "user", "tenant"}
    assert body["expiresIn"] == 900
    assert {**body["user"], "id": ""} == {"id": "", "email": email, "name": "Ada", "role": "owner"}
    assert body["tenant"]["name"] == "Ada's Studio"
    me = anyone.get("/auth/me", headers={"authorization": f"Bearer {body['accessToken']}"})
    assert me.json() == {"user": body["user"], "tenant": body["tenant"]}


def test_an_access_token_carries_ids_and_nothing_private(person: Any, server: Any) -> None:
    claims = jwt.decode(
        person.access_token,
        server.jwt_secret,
        algorithms=["HS256"],
        audience="mpcas2-api",
        issuer="mpcas2",
    )
    assert set(claims) == {"sub", "tid", "lid", "jti", "iat", "exp", "iss", "aud"}
    assert claims["sub"] == person.user_id
    assert claims["tid"] == person.tenant_id
    assert claims["exp"] - claims["iat"] == 900


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"password": "short-A1"[:7]}, "WEAK_PASSWORD", "password"),
        ({"password": "no-upper-case-1"}, "WEAK_PASSWORD", "password"),
        ({"password": "NO-LOWER-CASE-1"}, "WEAK_PASSWORD", "password"),
        ({"password": "No-digit-here"}, "WEAK_PASSWORD", "password"),
        ({"password": "NoSpecial1234"}, "WEAK_PASSWORD", "password"),
        ({"password": "Aa1-" + "x" * 300}, "WEAK_PASSWORD", "password"),
        ({"email": "nobody"}, "VALIDATION_ERROR", "email"),
        ({"email": "two@at@example.org"}, "VALIDATION_ERROR", "email"),
        ({"email": "a b@example.org"}, "VALIDATION_ERROR", "email"),
        ({"email": f"{'x' * 250}@example.org"}, "VALIDATION_ERROR", "email"),
        ({"email": None}, "VALIDATION_ERROR", "email"),
        ({"email": 7}, "VALIDATION_ERROR", "email"),
        ({"name": "   "}, "VALIDATION_ERROR", "name"),
        ({"name": "x" * 201}, "VALIDATION_ERROR", "name"),
        ({"tenantName": ""}, "VALIDATION_ERROR", "tenantName"),
        ({"tenantName": "a\x00b"}, "VALIDATION_ERROR", "tenantName"),
        ({"role": "owner"}, "VALIDATION_ERROR", "role"),
    ],
)
def test_a_bad_sign_up_is_refused_and_leaves_nothing(
    anyone: Any, server: Any, refused: Any, change: Any, code: Any, field: Any
) -> None:
    email = fresh_mail()
    answer = anyone.post("/auth/register", json={**NEW, "email": email, **change})

    assert refused(answer, 400, code)["details"]["field"] == field
    assert not server.sql("SELECT id FROM logins WHERE email = $1", email)


@pytest.mark.parametrize("missing", ["email", "password", "name", "tenantName"])
def test_a_missing_key_is_named(anyone: Any, refused: Any, missing: Any) -> None:
    body = {**NEW, "email": fresh_mail()}
    del body[missing]
    error = refused(anyone.post("/auth/register", json=body), 400, "VALIDATION_ERROR")
    assert error["details"] == {"field": missing}


def test_an_address_is_taken_whatever_its_case_and_no_second_tenant_is_made(
    anyone: Any, person: Any, server: Any, refused: Any
) -> None:
    name = uuid4().hex
    body = {**NEW, "email": person.email.upper(), "tenantName": name}
    refused(anyone.post("/auth/register", json=body), 409, "EMAIL_TAKEN")
    assert not server.sql("SELECT id FROM tenants WHERE name = $1", name)


def test_two_sign_ups_at_once_with_one_address_make_one_tenant(anyone: Any, server: Any) -> None:
    body = {**NEW, "email": fresh_mail(), "tenantName": uuid4().hex}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: anyone.post("/auth/register", json=body), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(server.sql("SELECT id FROM tenants WHERE name = $1", body["tenantName"])) == 1


def test_strangers_stay_out_where_sign_up_is_closed(server_with: Any, refused: Any) -> None:
    with server_with(MPCAS2_REGISTRATION="closed") as closed:
        answer = httpx.post(f"{closed.url}/auth/register", json={**NEW, "email": fresh_mail()})
    refused(answer, 403, "REGISTRATION_CLOSED")


def test_sign_in_takes_the_address_in_any_case(anyone: Any, person: Any) -> None:
    body = {"email": person.email.upper(), "password": NEW["password"]}
    answer = anyone.post("/auth/login", json=body)
    assert answer.status_code == 200
    assert answer.json()["user"]["id"] == person.user_id
    assert answer.json()["tenant"]["id"] == person.tenant_id


def test_unknown_address_and_wrong_password_get_the_same_answer(
    anyone: Any, person: Any, refused: Any
) -> None:
    wrong = anyone.post("/auth/login", json={"email": person.email, "password": "Wrong-Horse-7"})
    unknown = anyone.post("/auth/login", json={"email": fresh_mail(), "password": "Wrong-Horse-7"})
    first, second = (refused(each, 401, "CREDENTIALS_INVALID") for each in (wrong, unknown))
    assert first["message"] == second["message"]


def test_a_user_without_a_tenant_is_told_so(
    anyone: Any, person: Any, server: Any, refused: Any
) -> None:
    server.sql("DELETE FROM memberships WHERE tenant_id = $1::text::uuid", person.tenant_id)
    body = {"email": person.email, "password": NEW["password"]}
    refused(anyone.post("/auth/login", json=body), 403, "NO_TENANT")
    refused(person.http.get("/auth/me"), 401, "TOKEN_INVALID")


def test_a_suspended_tenant_is_not_served_and_its_tokens_come_back_with_it(
    anyone: Any, person: Any, server: Any, refused: Any
) -> None:
    change = "UPDATE tenants SET status = $2 WHERE id = $1::text::uuid"
    server.sql(change, person.tenant_id, "suspended")
    refused(person.http.get("/content"), 403, "TENANT_UNAVAILABLE")
    refused(
        anyone.post("/auth/refresh", json={"refreshToken": person.refresh_token}),
        403,
        "TENANT_UNAVAILABLE",
    )
    body = {"email": person.email, "password": NEW["password"]}
    refused(anyone.post("/auth/login", json=body), 403, "TENANT_UNAVAILABLE")

    server.sql(change, person.tenant_id, "active")
    assert person.http.get("/content").status_code == 200
    renewed = anyone.post("/auth/refresh", json={"refreshToken": person.refresh_token})
    assert renewed.status_code == 200


def test_a_tenant_that_is_behind_the_code_is_not_served(
    person: Any, server: Any, refused: Any
) -> None:
    server.sql(
        "UPDATE tenants SET schema_version = '0000_old.sql' WHERE id = $1::text::uuid",
        person.tenant_id,
    )
    answer = person.http.get("/content")
    assert "mpcas2 migrate" in refused(answer, 503, "TENANT_BEHIND")["message"]
    assert int(answer.headers["retry-after"]) > 0


def test_a_tenant_that_is_gone_is_not_served(person: Any, server: Any, refused: Any) -> None:
    server.sql(f'DROP SCHEMA "{person.schema}" CASCADE')
    server.sql("DELETE FROM tenants WHERE id = $1::text::uuid", person.tenant_id)
    answer = person.http.get("/content")
    refused(answer, 403, "TENANT_UNAVAILABLE")
