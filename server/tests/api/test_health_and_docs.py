import json
import re
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate


@pytest.mark.parametrize("base", ["", "/api/v1"])
def test_health_is_told_to_anybody_at_both_places(server: Any, base: Any) -> None:
    root = server.url.removesuffix("/api/v1") + base
    assert httpx.get(f"{root}/health/live").json() == {"status": "ok"}
    ready = httpx.get(f"{root}/health/ready")
    assert ready.status_code == 200
    assert ready.json()["status"] == "ok"
    assert set(ready.json()["checks"]) == {"database", "queue", "migrations", "storage"}
    assert all(check["ok"] for check in ready.json()["checks"].values())


def test_a_server_without_its_queue_is_alive_and_not_ready(server_with: Any) -> None:
    with server_with(REDIS_URL="redis://127.0.0.1:9") as lame:
        assert httpx.get(f"{lame.url}/health/live").status_code == 200
        answer = httpx.get(f"{lame.url}/health/ready")
    assert answer.status_code == 503
    body = answer.json()
    assert body["status"] == "unavailable"
    assert body["checks"]["queue"]["ok"] is False
    assert "mpcas2 doctor" in body["checks"]["queue"]["detail"]
    assert body["checks"]["database"]["ok"] is True


def test_the_description_is_valid_openapi_and_tells_everything(anyone: Any) -> None:
    document = anyone.get("/openapi.json").json()
    validate(document)
    assert document["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation["summary"], where
            assert any(status < "300" for status in operation["responses"]), where
            assert "500" in operation["responses"], where
            assert ("401" in operation["responses"]) or operation["security"] == [], where
            if method == "post":
                names = {one["name"] for one in operation["parameters"]}
                assert "Idempotency-Key" in names, where
    operations = [
        one["operationId"] for each in document["paths"].values() for one in each.values()
    ]
    assert len(operations) == len(set(operations))


def test_every_example_of_the_description_is_accepted_by_its_own_schema(anyone: Any) -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - only here

    document = anyone.get("/openapi.json").json()
    seen = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            media = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in media:
                schema = {**media["schema"], "components": document["components"]}
                Draft202012Validator(schema).validate(media["example"])
                seen += 1
    assert seen >= 8


def test_the_page_loads_nothing_from_elsewhere_and_may_run_nothing_else(anyone: Any) -> None:
    answer = anyone.get("/docs")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy


def test_the_description_names_no_secret(anyone: Any, server: Any) -> None:
    assert server.jwt_secret not in json.dumps(anyone.get("/openapi.json").json())


def test_a_server_whose_connections_are_cut_serves_again(person: Any) -> None:
    person.server.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'mpcas2' AND datname = current_database()"
    )
    answers = [person.http.get("/content") for _ in range(20)]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert answers[-1].status_code == 200
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["error"]["code"] == "DATABASE_UNAVAILABLE"
            assert answer.headers["retry-after"]
