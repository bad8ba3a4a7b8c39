"""Checks of single values against a lexicon; a refusal names the rule, the value and its path.

The wording is that of the reference server, observed on a running one.
"""

import json
from collections.abc import Callable
from typing import Any

_SHOWN_KEYS = 2


class SchemaError(ValueError):
    """A value breaks its lexicon; the message names the rule, the value and the path."""


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        names = [f'"{name}": ...' for name in list(value)[:_SHOWN_KEYS]]
        return "{" + ", ".join(names + ["..."] * (len(value) > _SHOWN_KEYS)) + "}"
    if isinstance(value, list):
        return "[...]" if value else "[]"
    return json.dumps(value, ensure_ascii=False)


def wrong_type(expected: str, value: Any, path: str) -> SchemaError:
    """Returns the refusal of a value that is of another type."""
    return SchemaError(f"Expected {expected} value type (got {_shown(value)}) at {path}")


def too_big(what: str, maximum: int, got: int, path: str) -> SchemaError:
    """Returns the refusal of a value that is longer or larger than it may be."""
    return SchemaError(f"{what} too big (maximum {maximum}, got {got}) at {path}")


def object_at(value: Any, path: str) -> dict[str, Any]:
    """Returns the value if it is an object."""
    if not isinstance(value, dict):
        raise wrong_type("object", value, path)
    return value


def member(value: dict[str, Any], key: str, path: str) -> Any:
    """Returns a required member."""
    if key not in value:
        raise SchemaError(f'Missing required key "{key}" at {path}')
    return value[key]


def type_at(value: Any, path: str) -> str:
    """Returns the ``$type`` of a union's member."""
    kind = value.get("$type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        raise wrong_type('an object which includes the "$type" property', value, path)
    return kind


def text_at(
    value: Any, path: str, *, max_bytes: int | None = None, max_graphemes: int | None = None
) -> str:
    """Returns the value if it is a string within its limits."""
    if not isinstance(value, str):
        raise wrong_type("string", value, path)
    if max_bytes is not None:
        length = len(value.encode())
        if length > max_bytes:
            raise too_big("string", max_bytes, length, path)
    if max_graphemes is not None:
        count = grapheme_count(value)
        if count > max_graphemes:
            raise too_big("grapheme", max_graphemes, count, path)
    return value


def integer_at(value: Any, path: str, *, minimum: int) -> int:
    """Returns the value if it is a whole number that is large enough."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type("integer", value, path)
    if value < minimum:
        raise SchemaError(f"integer too small (minimum {minimum}, got {value}) at {path}")
    return value


def boolean_at(value: Any, path: str) -> bool:
    """Returns the value if it is a truth value."""
    if not isinstance(value, bool):
        raise wrong_type("boolean", value, path)
    return value


def array_at(value: Any, path: str, *, max_length: int | None = None) -> list[Any]:
    """Returns the value if it is an array that is not too long."""
    if not isinstance(value, list):
        raise wrong_type("array", value, path)
    if max_length is not None and len(value) > max_length:
        raise too_big("array", max_length, len(value), path)
    return value


def format_at(value: Any, path: str, name: str, fits: Callable[[str], bool]) -> str:
    """Returns the value if it is a string of that format."""
    text = text_at(value, path)
    if not fits(text):
        raise SchemaError(f"Invalid {name} (got {_shown(text)}) at {path}")
    return text


def grapheme_count(text: str) -> int:
    """Counts what a reader sees as characters, by the rules of Unicode's annex 29."""
    if text.isascii():
        return len(text) - text.count("\r\n")  # the one cluster that ASCII has
    # It loads big tables, and it publishes no types.
    import grapheme  # type: ignore[import-untyped]  # noqa: PLC0415

    count: int = grapheme.length(text)
    return count
