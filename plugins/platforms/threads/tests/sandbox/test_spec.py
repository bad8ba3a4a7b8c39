"""Routes, parameters and answers compared with the vendor's collection of example requests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    # A conftest has no import path at run time.
    from plugins.platforms.threads.tests.sandbox.conftest import Creator

ROOT = Path(__file__).resolve().parents[5]
COLLECTION = ROOT.parent / "shared/specs/threads/threads-api.postman_collection.json"
NOT_PLAYED = {
    "location_search",
    "profile_lookup",
    "profile_posts",
    "keyword_search",
    "mentions",
    "oembed",
    "debug_token",
    "{{location_id}}",
}


def _entries(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in items:
        if "item" in one:
            yield from _entries(one["item"])
        else:
            yield one


@pytest.fixture(scope="module")
def collection() -> dict[str, Any]:
    if not COLLECTION.exists():
        pytest.skip("the vendor's collection is not at ../shared/specs")
    loaded: dict[str, Any] = json.loads(COLLECTION.read_text())
    return loaded


@pytest.fixture(scope="module")
def variables(collection: dict[str, Any]) -> dict[str, str]:
    return {one["key"]: one["value"] for one in collection["variable"]}


def _example(entry: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the example answer; some of them are no JSON, as values in them have no quotes."""
    for response in entry.get("response", []):
        text = re.sub(r": <(\w+)>", r': "\1"', response.get("body") or "").replace("...", "")
        try:
            body: dict[str, Any] = json.loads(re.sub(r",(\s*[\]}])", r"\1", text))
        except ValueError:
            continue
        return body
    return None


def _paths(entry: dict[str, Any]) -> list[str]:
    return [one for one in entry["request"]["url"]["path"] if one]


def _compare(example: Any, answer: Any, where: str) -> None:
    """Makes sure that every member of the example is in the answer, as the same kind of thing."""
    if isinstance(example, dict):
        assert isinstance(answer, dict), where
        for name, value in example.items():
            assert name in answer, f"{where} lacks {name}"
            _compare(value, answer[name], f"{where}.{name}")
    elif isinstance(example, list):
        assert isinstance(answer, list), where
        if example and answer:
            _compare(example[0], answer[0], f"{where}[0]")
    elif isinstance(example, bool | str):
        assert type(answer) is type(example), where
    else:
        assert isinstance(answer, int | float), where


def test_every_request_of_the_collection_is_played(
    ada: Creator, collection: dict[str, Any], variables: dict[str, str]
) -> None:
    poll = json.dumps({f"option_{letter}": letter for letter in "abcd"})
    played = []
    for entry in _entries(collection["item"]):
        path = _paths(entry)
        if set(path) & NOT_PLAYED or path[-1] in {"access_token", "refresh_access_token"}:
            continue
        ada.control.reset()
        ada.control.call("POST", "decisions", {"seconds": 0})
        ada.token = ada.new_token()
        post = ada.write(poll_attachment=poll)
        reply = ada.someone_replies(post)
        ada.write(reply_to_id=post)
        items = [ada.picture(is_carousel_item="true") for _ in range(2)]
        places = {
            **variables,
            "thread_id": post,
            "reply_thread_id": reply,
            "quote_post_id": post,
            "container_id": ada.container(),
            "carousel_children_ids": ",".join(items),
            "image_url": ada.media.put(b"x"),
            "video_url": ada.media.put(b"x"),
            "reply_control": "everyone",
            "metrics_account": "views,likes,replies,reposts,quotes,followers_count",
            # A field that is asked for and empty is left out of an answer.
            "fields_quota": "quota_usage,config,reply_quota_usage,reply_config",
        }

        def filled(text: str, places: dict[str, str] = places) -> str:
            return re.sub(r"{{(\w+)}}", lambda match: places[match[1]], text)

        given = {
            one["key"]: filled(one["value"] or "")
            for one in entry["request"]["url"].get("query", [])
            if not one.get("disabled")
        }
        verb = entry["request"]["method"]
        answer = ada.good(ada.call(verb, filled("/".join(path)), **given))
        example = _example(entry)
        assert example is not None or verb == "GET", entry["name"]
        _compare(example or {}, answer, entry["name"])
        played.append((verb, path[-1]))
    assert len(played) >= 22


def test_every_parameter_of_a_container_is_known(ada: Creator, collection: dict[str, Any]) -> None:
    names = {
        one["key"]
        for entry in _entries(collection["item"])
        if (entry["request"]["method"], _paths(entry)[-1]) == ("POST", "threads")
        for one in entry["request"]["url"]["query"]
    }
    assert len(names) > 15
    for name in sorted(names - {"media_type"}):
        answer = ada.post("me/threads", media_type="TEXT", **{name: "x"})
        assert "is not known" not in answer.text, name


def test_every_field_of_the_collection_can_be_asked_for(
    ada: Creator, variables: dict[str, str]
) -> None:
    container = ada.container()
    reply = ada.write(reply_to_id=ada.write())
    for path, name in (
        ("me", "fields_profile"),
        (reply, "fields_threads"),
        (reply, "fields_replies"),
        (container, "fields_container"),
        ("me/threads_publishing_limit", "fields_quota"),
    ):
        ada.good(ada.get(path, fields=variables[name]))
    for name in ("metrics_post", "metrics_account"):
        path = "me/threads_insights" if name == "metrics_account" else f"{reply}/insights"
        ada.good(ada.get(path, metric=variables[name], breakdown="age"))


def test_the_scopes_are_those_of_the_collection(ada: Creator, variables: dict[str, str]) -> None:
    token = ada.new_token(scopes=variables["scope"].split(","))
    assert ada.get("me", access_token=token).status_code == 200
