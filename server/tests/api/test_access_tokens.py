import base64
import json
import time
from typing import Any
from uuid import uuid4

import jwt
import pytest

# The same in every process: the names of tests are made of it.
NOBODYS = "01a208d1-306c-7238-8acd-93e2c8768395"


def claims_for(person: Any, **changes: Any) -> Any:
    now = int(time.time())
    claims = {
        "sub": person.user_id,
        "tid": person.tenant_id,
        "lid": str(uuid4()),
        "jti": "x",
        "iat": now,
        "exp": now + 600,
        "iss": "mpcas2",
        "aud": "mpcas2-api",
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def unsigned(person: Any) -> Any:
    head, body = (
        base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode()
        for each in ({"alg": "none", "typ": "JWT"}, claims_for(person))
    )
    return f"{head}.{body}."


FORGERIES = {
    "alg none": unsigned,
    "another secret": lambda person: jwt.encode(claims_for(person), "x" * 40, algorithm="HS256"),
    "another algorithm": lambda person: jwt.encode(
        claims_for(person), person.server.jwt_secret * 2, algorithm="HS512"
    ),
    "HS512 with our secret": lambda person: jwt.encode(
        claims_for(person), person.server.jwt_secret.ljust(64, "0"), algorithm="HS512"
    ),
    "another issuer": lambda person: jwt.encode(
        claims_for(person, iss="else"), person.server.jwt_secret
    ),
    "another audience": lambda person: jwt.encode(
        claims_for(person, aud="else"), person.server.jwt_secret
    ),
    "no audience": lambda person: jwt.encode(
        claims_for(person, aud=None), person.server.jwt_secret
    ),
    "no expiry": lambda person: jwt.encode(claims_for(person, exp=None), person.server.jwt_secret),
    "no tenant": lambda person: jwt.encode(claims_for(person, tid=None), person.server.jwt_secret),
    "tenant is no UUID": lambda person: jwt.encode(
        claims_for(person, tid='x"; DROP SCHEMA public'), person.server.jwt_secret
    ),
    "tenant is a number": lambda person: jwt.encode(
        claims_for(person, tid=7), person.server.jwt_secret
    ),
    "issued in the future": lambda person: jwt.encode(
        claims_for(person, iat=int(time.time()) + 3600), person.server.jwt_secret
    ),
    "a login that is no member": lambda person: jwt.encode(
        claims_for(person), person.server.jwt_secret
    ),
    "a changed signature": lambda person: person.access_token[:-4] + "AAAA",
    "the refresh token": lambda person: person.refresh_token,
    "no token at all": lambda _person: "nonsense",
    "three dots": lambda _person: "a.b.c",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_opens_nothing(anyone: Any, person: Any, refused: Any, forge: Any) -> None:
    answer = anyone.get("/content", headers={"authorization": f"Bearer {forge(person)}"})
    refused(answer, 401, "TOKEN_INVALID")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_an_expired_token_is_told_from_a_forged_one(anyone: Any, person: Any, refused: Any) -> None:
    token = jwt.encode(claims_for(person, exp=int(time.time()) - 1), person.server.jwt_secret)
    answer = anyone.get("/content", headers={"authorization": f"Bearer {token}"})
    assert "/auth/refresh" in refused(answer, 401, "TOKEN_EXPIRED")["message"]


def test_a_token_stops_when_it_expires_also_after_it_was_used(
    anyone: Any, person: Any, server: Any, refused: Any
) -> None:
    (row,) = server.sql(
        "SELECT login_id FROM memberships WHERE tenant_id = $1::text::uuid", person.tenant_id
    )
    ends = int(time.time()) + 2
    token = jwt.encode(
        claims_for(person, lid=str(row["login_id"]), exp=ends), person.server.jwt_secret
    )
    headers = {"authorization": f"Bearer {token}"}
    assert anyone.get("/auth/me", headers=headers).status_code == 200
    answer = anyone.get("/auth/me", headers=headers)
    while answer.status_code == 200 and time.time() < ends + 10:
        time.sleep(0.1)
        answer = anyone.get("/auth/me", headers=headers)
    refused(answer, 401, "TOKEN_EXPIRED")


def test_a_token_for_another_tenant_opens_nothing(
    anyone: Any, person: Any, stranger: Any, server: Any, refused: Any
) -> None:
    (row,) = server.sql(
        "SELECT login_id FROM memberships WHERE tenant_id = $1::text::uuid", person.tenant_id
    )
    claims = claims_for(person, lid=str(row["login_id"]), tid=stranger.tenant_id)
    token = jwt.encode(claims, person.server.jwt_secret)
    answer = anyone.get("/content", headers={"authorization": f"Bearer {token}"})
    refused(answer, 401, "TOKEN_INVALID")


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic YTpi", "token abc"])
def test_without_a_bearer_token_one_is_asked_for(anyone: Any, refused: Any, header: Any) -> None:
    headers = {} if header is None else {"authorization": header}
    refused(anyone.get("/content", headers=headers), 401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/auth/me"),
        ("GET", "/content"),
        ("POST", "/content"),
        ("GET", f"/content/{NOBODYS}"),
        ("PATCH", f"/content/{NOBODYS}"),
        ("DELETE", f"/content/{NOBODYS}"),
        ("GET", f"/content/{NOBODYS}/file"),
        ("GET", "/social-accounts"),
        ("POST", "/social-accounts"),
        ("GET", f"/social-accounts/{NOBODYS}"),
        ("PATCH", f"/social-accounts/{NOBODYS}"),
        ("DELETE", f"/social-accounts/{NOBODYS}"),
        ("GET", "/platforms"),
        ("GET", "/plugins"),
        ("POST", "/publish"),
        ("GET", "/jobs"),
        ("GET", f"/jobs/{NOBODYS}"),
        ("POST", f"/jobs/{NOBODYS}/cancel"),
        ("POST", f"/jobs/{NOBODYS}/reschedule"),
        ("POST", f"/jobs/{NOBODYS}/confirm"),
        ("POST", f"/jobs/{NOBODYS}/repost"),
        ("POST", f"/jobs/{NOBODYS}/retry"),
    ],
)
def test_every_other_address_asks_for_a_sign_in_before_it_looks_at_anything(
    anyone: Any, refused: Any, method: Any, path: Any
) -> None:
    refused(anyone.request(method, path, content=b"{not json"), 401, "UNAUTHORIZED")
