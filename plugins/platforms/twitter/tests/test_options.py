from __future__ import annotations

from typing import Any

import jsonschema
import msgspec
import pytest

from mpcas2_platform_twitter.options import XOptions

GOOD: list[dict[str, Any]] = [
    {},
    {"poll": {"options": ["Yes", "No"]}},
    {"poll": {"options": ["1", "2", "3", "4"], "durationMinutes": 5}},
    {"replySettings": "mentionedUsers", "madeWithAi": True, "paidPartnership": True},
    {"quotePostId": "1346889436626259968", "communityId": "1", "poll": None},
]
BAD: list[dict[str, Any]] = [
    {"poll": {"options": ["Yes"]}},
    {"poll": {"options": ["1", "2", "3", "4", "5"]}},
    {"poll": {"options": ["", "No"]}},
    {"poll": {"options": ["x" * 26, "No"]}},
    {"poll": {"options": ["Yes", "No"], "durationMinutes": 4}},
    {"poll": {"options": ["Yes", "No"], "durationMinutes": 10_081}},
    {"poll": {"options": ["Yes", "No"], "reply_settings": "following"}},
    {"replySettings": "everyone"},
    {"madeWithAi": "yes"},
    {"quotePostId": "https://x.com/ada/status/1"},
    {"quotePostId": 1},
    {"unknown": 1},
]


@pytest.mark.parametrize("value", GOOD)
def test_good_options_are_taken_by_struct_and_schema(value: dict[str, Any]) -> None:
    taken = msgspec.convert(value, XOptions)
    assert msgspec.convert(msgspec.to_builtins(taken), XOptions) == taken
    assert taken != XOptions() or not value
    jsonschema.validate(value, msgspec.json.schema(XOptions))


@pytest.mark.parametrize("value", BAD)
def test_bad_options_are_refused_by_struct_and_schema(value: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, XOptions)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, msgspec.json.schema(XOptions))
