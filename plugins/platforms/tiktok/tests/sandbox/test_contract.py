"""The contract fixtures themselves, and that the practice network takes and gives every shape.

That each answer of the other tests fits its fixture is seen to by the client in ``conftest.py``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from mpcas2_platform_tiktok.sandbox.answers import REFUSALS
from mpcas2_platform_tiktok.sandbox.host import PracticeTikTok
from mpcas2_platform_tiktok.sandbox.scopes import SCOPES

if TYPE_CHECKING:
    # A conftest has no import path at run time.
    from plugins.platforms.tiktok.tests.sandbox.conftest import Client, Files

    from mpcas2_testing import CannedServer

CONTRACT = Path(__file__).resolve().parents[1] / "contract"
READ: dict[str, dict[str, Any]] = {
    one.stem: json.loads(one.read_text()) for one in sorted(CONTRACT.glob("*.json"))
}
ROUTES = {name: one for name, one in READ.items() if "request" in one}
TRUSTS = {"docs", "sdk", "docs-3p", "mem"}


def fits(value: Any, schema: Any) -> None:
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize("name", ROUTES)
def test_a_fixture_holds_its_own_examples(name: str) -> None:
    fixture = ROUTES[name]
    asked = fixture["request"]
    assert asked["examples"]
    for example in asked["examples"]:
        fits(example["query"], asked["query"])
        if example["body"] is not None:
            fits(example["body"], asked["body"])
        if "headers" in example:
            fits(example["headers"], asked["headers"])
    for answer in fixture["answers"]:
        fits(answer["example"], answer["schema"])
        for data in answer.get("examples", ()):
            fits(data, answer["schema"]["properties"]["data"])


@pytest.mark.parametrize("name", READ)
def test_everything_says_how_sure_it_is(name: str) -> None:
    fixture = READ[name]
    blocks = [fixture, *fixture.get("answers", ()), *fixture.get("events", ())]
    blocks += [one for one in (fixture.get("request"), fixture.get("body")) if one]
    assert all(one["trust"] in TRUSTS and "source" in one for one in blocks)
    rows = [row for value in fixture.values() if isinstance(value, list) for row in value]
    assert all(row["trust"] in TRUSTS for row in rows if isinstance(row, dict))


def test_an_event_holds_its_own_example() -> None:
    webhook = READ["webhook"]
    fits(webhook["headers"]["example"], webhook["headers"]["schema"])
    for event in webhook["events"]:
        fits(event["example"], event["content"])


def test_the_network_knows_every_code_with_a_status_of_the_fixture() -> None:
    listed = {one["code"]: one["statuses"] for one in READ["errors"]["errors"]}
    assert set(listed) == set(REFUSALS)
    assert all(status in listed[code] for code, (status, _) in REFUSALS.items())


def test_scopes_and_rate_limits_are_those_of_the_fixtures(ada: Client) -> None:
    for fixture in ROUTES.values():
        if fixture["scope"] is not None:
            assert any(scope in fixture["scope"] for scope in SCOPES)
    set_limits = {
        one["route"]: (one["limit"], one["seconds"], one["rolling"])
        for one in ada.control.call("GET", "limits")["limits"]
    }
    for fixture in ROUTES.values():
        if "rateLimit" in fixture:
            told = fixture["rateLimit"]
            assert set_limits[fixture["route"]] == (told["calls"], told["seconds"], True)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_a_refusal_by_fault_rule_looks_like_the_network_s_own(status: int) -> None:
    answers = {one["status"]: one for one in ROUTES["video_init"]["answers"]}
    fits(PracticeTikTok().error_body(status), answers[status]["schema"])


@pytest.mark.parametrize("name", ["video_init", "inbox_video_init", "content_init"])
def test_every_example_that_begins_a_post_is_taken(
    name: str, ada: Client, web: CannedServer, files: type[Files]
) -> None:
    web.answer("1.jpg", files.jpeg())
    web.answer("2.webp", files.webp())
    web.answer("a.mp4", files.mp4())
    ada.control.call("POST", "settings", {"verified": ["media.example", "127.0.0.1"]})
    for example in ROUTES[name]["request"]["examples"]:
        # The host of the examples does not exist; the test's own plays it.
        text = json.dumps(example["body"]).replace("https://media.example", web.url)
        ada.data(ROUTES[name]["path"], json.loads(text))


def test_reading_routes_take_their_examples(ada: Client, files: type[Files]) -> None:
    post_id = ada.published(files.mp4())
    ada.data(ROUTES["creator_info_query"]["path"])
    for name in ("video_query", "video_list"):
        (example,) = ROUTES[name]["request"]["examples"]
        body = json.loads(json.dumps(example["body"]).replace("7301234567890123456", post_id))
        (video,) = ada.data(ROUTES[name]["path"], body, **example["query"])["videos"]
        assert list(video) == example["query"]["fields"].split(",")
    every = ROUTES["user_info"]["answers"][0]["schema"]["properties"]["data"]["properties"]["user"]
    assert ada.user(",".join(every["properties"])).keys() == every["properties"].keys()
