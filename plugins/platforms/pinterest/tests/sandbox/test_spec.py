"""Every answer and every accepted body, held against Pinterest's own description of its API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from mpcas2_platform_pinterest.sandbox import figure_methods, pin_body
from mpcas2_platform_pinterest.sandbox.practice_pinterest import METHODS

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.pinterest.tests.sandbox.conftest import Client

ROOT = Path(__file__).resolve().parents[5]
SPEC = ROOT.parent / "shared" / "specs" / "pinterest" / "openapi.json"
APP = httpx.BasicAuth("practice-client", "practice-secret")
NOBODY = httpx.Auth()

pytestmark = pytest.mark.skipif(
    not SPEC.is_file(), reason="Pinterest's API description is not beside this repository"
)


def _standard(value: Any) -> Any:
    """Returns a schema of OpenAPI 3.0 as JSON Schema: what may be null says so in its type."""
    if isinstance(value, list):
        return [_standard(one) for one in value]
    if not isinstance(value, dict):
        return value
    schema = {name: _standard(one) for name, one in value.items() if name != "discriminator"}
    if schema.pop("nullable", False) is True:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return schema


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SPEC.read_text())
    return loaded


@pytest.fixture(scope="module")
def components(spec: dict[str, Any]) -> dict[str, Any]:
    standard: dict[str, Any] = _standard(spec["components"])
    return standard


def names(schema: Any, spec: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the members that a schema knows, in all its parts and kinds; None for any."""
    if "$ref" in schema:
        return names(_at(schema["$ref"], spec), spec)
    known = dict(schema.get("properties", {}))
    kinds = [{"$ref": one} for one in schema.get("discriminator", {}).get("mapping", {}).values()]
    for one in (*schema.get("allOf", ()), *kinds):
        known |= names(one, spec) or {}
    return known or None


def _at(reference: str, spec: dict[str, Any]) -> Any:
    found: Any = spec
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def misspelt(value: Any, schema: Any, spec: dict[str, Any], path: str = "") -> list[str]:
    """Returns the names in a value that its schema does not know, at every depth."""
    if "$ref" in schema:
        schema = _at(schema["$ref"], spec)
    if isinstance(value, list):
        inner = (names_of_items(schema, spec) or {}) if value else {}
        return [bad for one in value for bad in misspelt(one, inner, spec, f"{path}[]")]
    if not isinstance(value, dict):
        return []
    known = names(schema, spec)
    if known is None:
        return []
    found: list[str] = []
    for name, member in value.items():
        if name not in known:
            found.append(f"{path}.{name}")
        else:
            found += misspelt(member, known[name], spec, f"{path}.{name}")
    return found


def names_of_items(schema: dict[str, Any], spec: dict[str, Any]) -> Any:
    """Returns the schema of a list's items."""
    return _at(schema["$ref"], spec)["items"] if "$ref" in schema else schema.get("items")


def conforms(
    answer: httpx.Response, path: str, spec: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    """Holds an answer against the operation that it answers."""
    operation = spec["paths"][path][answer.request.method.lower()]
    responses = operation["responses"]
    said = responses.get(str(answer.status_code), responses.get("default"))
    assert said is not None, answer.text
    if "content" not in said:
        assert answer.content == b""
        return {}
    schema = said["content"]["application/json"]["schema"]
    value: dict[str, Any] = answer.json()
    whole = {"components": components, **_standard(schema)}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)
    assert misspelt(value, schema, spec) == []
    return value


def test_routes_parameters_and_scopes_are_those_of_the_description(spec: dict[str, Any]) -> None:
    for method in METHODS:
        described = spec["paths"][method.path][method.verb.lower()]
        assert described["x-ratelimit-category"] == method.category, method.path
        assert {"pinterest_oauth2": list(method.scopes)} in described["security"], method.path
        told = [
            _at(one["$ref"], spec) if "$ref" in one else one
            for one in described.get("parameters", ())
        ]
        known = {one["name"] for one in told if one["in"] == "query"}
        assert set(method.query) <= known, method.path


def test_limits_of_words_are_those_of_the_description(spec: dict[str, Any]) -> None:
    described = spec["components"]["schemas"]["PinCreate"]["properties"]
    ours = msgspec.json.schema(pin_body.PinBody)["$defs"]["PinBody"]["properties"]
    for name in ("title", "description", "alt_text", "link"):
        (most,) = (one["maxLength"] for one in ours[name]["anyOf"] if one["type"] == "string")
        assert most == described[name]["maxLength"]
    unplayed = {"parent_pin_id", "sponsor_id"}
    assert set(pin_body.PinBody.__struct_fields__) == set(described) - unplayed


def test_figures_are_those_of_the_description(spec: dict[str, Any]) -> None:
    parameters = spec["components"]["parameters"]
    kinds = parameters["query_pin_analytics_metric_types"]["schema"]["items"]["oneOf"]
    assert set(figure_methods.OF_PICTURES) == set(kinds[0]["enum"])
    assert set(figure_methods.OF_VIDEOS) == set(kinds[1]["enum"])
    account = parameters["query_metric_types"]["schema"]["items"]["enum"]
    assert set(figure_methods.OF_ACCOUNTS) == set(account)


def test_answers_about_boards_are_those_of_the_description(
    ada: Client, spec: dict[str, Any], components: dict[str, Any]
) -> None:
    def check(answer: httpx.Response, path: str) -> dict[str, Any]:
        return conforms(answer, path, spec, components)

    check(ada.get("/user_account"), "/user_account")
    boards = check(ada.get("/boards", page_size=1), "/boards")
    board_id = boards["items"][0]["id"]
    made = {"name": "Trips", "description": "By train", "privacy": "PROTECTED"}
    check(ada.post("/boards", made), "/boards")
    check(ada.post("/boards", {}), "/boards")
    check(ada.get(f"/boards/{board_id}"), "/boards/{board_id}")
    check(ada.get("/boards/1"), "/boards/{board_id}")
    path = "/boards/{board_id}/sections"
    section = check(ada.post(f"/boards/{board_id}/sections", {"name": "Cakes"}), path)
    check(ada.post(f"/boards/{board_id}/sections", {"name": "Cakes"}), path)
    check(ada.get(f"/boards/{board_id}/sections"), path)
    ada.pin(board_section_id=section["id"])
    check(ada.get(f"/boards/{board_id}/pins"), "/boards/{board_id}/pins")
    check(ada.get("/boards/1/pins"), "/boards/{board_id}/pins")
    path = "/boards/{board_id}/sections/{section_id}/pins"
    check(ada.get(f"/boards/{board_id}/sections/{section['id']}/pins"), path)
    check(ada.get(f"/boards/{board_id}/sections/1/pins"), path)


def test_answers_about_pins_and_media_are_those_of_the_description(
    ada: Client, spec: dict[str, Any], components: dict[str, Any]
) -> None:
    def check(answer: httpx.Response, path: str) -> dict[str, Any]:
        return conforms(answer, path, spec, components)

    media = check(ada.post("/media", {"media_type": "video"}), "/media")
    check(ada.post("/media", {}), "/media")
    check(ada.get(f"/media/{media['media_id']}"), "/media/{media_id}")
    check(ada.get("/media/1"), "/media/{media_id}")
    sources = (ada.sent(), ada.carousel(2), ada.video_source(ada.uploaded()))
    pins = [check(ada.post("/pins", ada.body(media_source=one)), "/pins") for one in sources]
    check(ada.post("/pins", {}), "/pins")
    check(ada.get("/pins", page_size=2, pin_metrics="true"), "/pins")
    check(ada.get(f"/pins/{pins[0]['id']}", pin_metrics="true"), "/pins/{pin_id}")
    today = ada.control.call("GET", "clock")["now"][:10]
    days = {"start_date": today, "end_date": today}
    path = "/pins/{pin_id}/analytics"
    for pin, known in ((pins[0], figure_methods.OF_PICTURES), (pins[2], figure_methods.OF_VIDEOS)):
        query = {**days, "metric_types": ",".join(known)}
        check(ada.get(f"/pins/{pin['id']}/analytics", **query), path)
    check(ada.get(f"/pins/{pins[0]['id']}/analytics"), path)
    ids = [one["id"] for one in pins]
    query = {**days, "pin_ids": ids, "metric_types": "IMPRESSION,SAVE_RATE"}
    check(ada.get("/pins/analytics", **query), "/pins/analytics")
    check(ada.get("/user_account/analytics", **days), "/user_account/analytics")
    check(ada.get("/user_account/analytics"), "/user_account/analytics")
    check(ada.delete(f"/pins/{ids[0]}"), "/pins/{pin_id}")
    check(ada.delete(f"/pins/{ids[0]}"), "/pins/{pin_id}")


def test_refusals_of_every_kind_are_those_of_the_description(
    ada: Client, spec: dict[str, Any], components: dict[str, Any]
) -> None:
    for answer in (
        ada.http.get("/boards"),
        ada.http.get("/boards", headers={"Authorization": "Bearer x"}),
        ada.get("/boards", page_size="x"),
    ):
        conforms(answer, "/boards", spec, components)
    ada.control.call("POST", "limits", {"route": "org_read", "limit": 0, "per": "user"})
    conforms(ada.get("/boards"), "/boards", spec, components)


def test_answers_about_tokens_are_those_of_the_description(
    ada: Client, spec: dict[str, Any], components: dict[str, Any]
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": ada.grant["refreshToken"]}
    for auth in (APP, NOBODY, APP):
        answer = ada.http.post("/oauth/token", data=form, auth=auth)
        value = conforms(answer, "/oauth/token", spec, components)
        if answer.status_code == 200:
            schema = components["schemas"]["OauthAccessTokenResponseRefresh"]
            Draft202012Validator({"components": components, **schema}).validate(value)
            form["refresh_token"] = value["refresh_token"]
    ada.settings(revokesUserTokens=True)
    for token, auth in (("x", NOBODY), (form["refresh_token"], APP)):
        answer = ada.http.post("/oauth/token/revoke", data={"token": token}, auth=auth)
        conforms(answer, "/oauth/token/revoke", spec, components)
