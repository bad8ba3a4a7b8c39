from __future__ import annotations

from typing import Any

import jsonschema
import msgspec
import pytest

from mpcas2_platform_bluesky.options import BlueskyOptions

GOOD: list[dict[str, Any]] = [
    {},
    {"langs": ["en", "pt-BR", "zh-Hant"]},
    {"external": {"uri": "https://example.com", "title": "A title"}},
    {"labels": ["nudity", "graphic-media"], "external": None},
]
BAD: list[dict[str, Any]] = [
    {"langs": ["en", "de", "fr", "it"]},
    {"langs": ["english language"]},
    {"langs": "en"},
    {"external": {"uri": "https://example.com"}},
    {"external": {"uri": "javascript:alert(1)", "title": "x"}},
    {"external": {"uri": "https://example.com", "title": ""}},
    {"external": {"uri": "https://example.com", "title": "x", "thumb": "y"}},
    {"labels": ["spicy"]},
    {"unknown": 1},
]


@pytest.mark.parametrize("value", GOOD)
def test_good_options_are_taken_by_struct_and_schema(value: dict[str, Any]) -> None:
    msgspec.convert(value, BlueskyOptions)
    jsonschema.validate(value, msgspec.json.schema(BlueskyOptions))


@pytest.mark.parametrize("value", BAD)
def test_bad_options_are_refused_by_struct_and_schema(value: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, BlueskyOptions)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, msgspec.json.schema(BlueskyOptions))
