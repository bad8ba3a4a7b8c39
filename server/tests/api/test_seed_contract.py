"""Holds the API to the contract it grew from, except for what ``docs/seed-deltas.md`` lists."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parents[3]
SEED = ROOT.parent / "shared" / "contracts" / "seed-openapi.yaml"
DELTAS = ROOT / "docs" / "seed-deltas.md"
JSON, FORM = "application/json", "multipart/form-data"
PATHS = (
    "/auth/register",
    "/auth/login",
    "/auth/refresh",
    "/content",
    "/content/{id}",
    "/social-accounts",
    "/publish",
)
_DELTA = re.compile(r"^- `(.+?)`:", re.MULTILINE)


@pytest.fixture(scope="module")
def seed() -> Any:
    if not SEED.exists():
        pytest.skip("the seed's contract is not beside this checkout")
    return yaml.safe_load(SEED.read_text(encoding="utf-8"))


def resolved(document: Any, schema: Any) -> Any:
    """Follows references and sees through ``anyOf`` with null."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            place = document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                place = place[step]
            schema = place
        else:
            schema = next(one for one in schema["anyOf"] if one.get("type") != "null")
    return schema


def schema_differences(
    seed: Any, theirs: Any, ours_document: Any, ours: Any, where: str
) -> Iterator[str]:
    """Says where our schema takes or gives less than the seed's."""
    if "oneOf" in ours:
        # An answer that depends on the request: one of its forms has to be the seed's.
        every = (
            list(schema_differences(seed, theirs, ours_document, one, where))
            for one in ours["oneOf"]
        )
        yield from min(every, key=len)
        return
    theirs, ours = resolved(seed, theirs), resolved(ours_document, ours)
    if not theirs.get("properties") and theirs.get("type") == "object" and "type" not in ours:
        return
    own_type = ours.get("type", "string" if "enum" in ours else None)
    if theirs.get("type") != own_type:
        yield f"{where} is {own_type}"
    if theirs.get("format") not in {None, "binary", "uri", ours.get("format")}:
        yield f"{where} has no format {theirs['format']}"
    if not set(theirs.get("enum", ())) <= set(ours.get("enum", theirs.get("enum", ()))):
        yield f"{where} knows fewer values"
    if theirs.get("type") == "array":
        yield from schema_differences(
            seed, theirs["items"], ours_document, ours["items"], f"{where}[]"
        )
    for name, schema in theirs.get("properties", {}).items():
        if name not in ours.get("properties", {}):
            yield f"{where}.{name} is absent"
            continue
        yield from schema_differences(
            seed, schema, ours_document, ours["properties"][name], f"{where}.{name}"
        )


def required_differences(
    seed: Any, theirs: Any, ours_document: Any, ours: Any, where: str
) -> Iterator[str]:
    """Says which keys of a body only one of the two insists on, inside arrays too."""
    theirs, ours = resolved(seed, theirs), resolved(ours_document, ours)
    asked, needed = set(theirs.get("required", ())), set(ours.get("required", ()))
    yield from (f"{where}.{name} may be left out" for name in asked - needed)
    yield from (f"{where}.{name} is needed" for name in needed - asked)
    for name, schema in theirs.get("properties", {}).items():
        if schema.get("type") == "array" and name in ours.get("properties", {}):
            items = resolved(ours_document, ours["properties"][name])["items"]
            yield from required_differences(
                seed, schema["items"], ours_document, items, f"{where}.{name}[]"
            )


def operation_differences(seed: Any, theirs: Any, document: Any, ours: Any) -> Iterator[str]:
    given = {one["name"]: one for one in ours.get("parameters", ())}
    for parameter in theirs.get("parameters", ()):
        name = parameter["name"]
        if name not in given:
            yield f"{parameter['in']} {name} is absent"
            continue
        own = given[name]["schema"]
        yield from schema_differences(seed, parameter["schema"], document, own, name)
        if parameter["schema"].get("default") != own.get("default"):
            yield f"{name} has another default"
    for media, content in theirs.get("requestBody", {}).get("content", {}).items():
        own = ours["requestBody"]["content"].get(media)
        if own is None:
            yield f"body {media} is absent"
            continue
        schemas = (seed, content["schema"], document, own["schema"], "body")
        yield from schema_differences(*schemas)
        yield from required_differences(*schemas)
    for status, response in theirs["responses"].items():
        if status not in ours["responses"]:
            yield f"{status} is absent"
            continue
        content = resolved(seed, response).get("content", {}).get(JSON)
        if content is not None:
            own = ours["responses"][status]["content"][JSON]["schema"]
            yield from schema_differences(seed, content["schema"], document, own, status)


def test_the_api_differs_from_the_seed_in_the_listed_ways_and_no_other(
    anyone: Any, seed: Any
) -> None:
    document = anyone.get("/openapi.json").json()
    found = set()
    for path in PATHS:
        for method, theirs in seed["paths"][path].items():
            where = f"{method.upper()} {path}"
            ours = document["paths"].get(path, {}).get(method)
            if ours is None:
                found.add(f"{where} is absent")
                continue
            differences = operation_differences(seed, theirs, document, ours)
            found |= {f"{where} {each}" for each in differences}

    listed = set(_DELTA.findall(DELTAS.read_text(encoding="utf-8")))
    assert sorted(found - listed) == [], "not listed"
    assert sorted(listed - found) == [], "listed and no longer so"


def test_the_server_stands_where_the_seed_says(anyone: Any, seed: Any) -> None:
    local = seed["servers"][-1]["url"]
    assert local.endswith(":3001/api/v1")
    assert anyone.get("/openapi.json").json()["servers"][0]["url"].endswith(":3001/api/v1")


def test_live_answers_fit_the_seeds_schemas(
    person: Any, anyone: Any, bluesky: Any, seed: Any
) -> None:
    def fits(answer: Any, method: str, path: str) -> None:
        responses = seed["paths"][path][method]["responses"]
        schema = resolved(seed, responses[str(answer.status_code)])["content"][JSON]["schema"]
        Draft202012Validator({**schema, "components": seed["components"]}).validate(answer.json())

    mail = {"email": person.email, "password": "Correct-Horse-7"}
    fits(anyone.post("/auth/login", json=mail), "post", "/auth/login")
    fits(anyone.post("/auth/login", json={**mail, "password": "x"}), "post", "/auth/login")
    fits(anyone.post("/auth/register", json=mail), "post", "/auth/register")
    token = {"refreshToken": person.refresh_token}
    fits(anyone.post("/auth/refresh", json=token), "post", "/auth/refresh")

    tiny_pdf = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
    made = person.http.post(
        "/content",
        data={"title": "T", "type": "document", "tags": ["a", "b"]},
        files={"file": ("a.pdf", tiny_pdf)},
    )
    assert made.status_code == 201, made.text
    fits(made, "post", "/content")
    fits(person.http.get(f"/content/{made.json()['id']}"), "get", "/content/{id}")
    fits(person.http.get(f"/content/{person.user_id}"), "get", "/content/{id}")
    fits(person.http.get("/content?page=1&limit=5&type=document"), "get", "/content")

    account = bluesky.connect(person)
    fits(person.http.get("/social-accounts?platform=bluesky"), "get", "/social-accounts")
    jobs = person.http.post(
        "/publish",
        json={
            "contentId": person.text(),
            "accounts": [{"socialAccountId": account, "platform": "bluesky", "metadata": {}}],
            "metadata": {},
            "scheduleAt": "2030-01-31T09:00:00Z",
        },
    )
    fits(jobs, "post", "/publish")
