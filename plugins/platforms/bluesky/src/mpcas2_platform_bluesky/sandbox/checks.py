"""Checks of single values in a record; each refusal names the value's path as a PDS does."""

from collections.abc import Callable
from typing import Any


class RecordError(ValueError):
    """A record breaks its lexicon; the message names the path and the rule."""


def object_at(value: Any, path: str) -> dict[str, Any]:
    """Returns the value if it is an object."""
    if not isinstance(value, dict):
        raise RecordError(f"{path} must be an object")
    return value


def member(value: dict[str, Any], key: str, path: str) -> Any:
    """Returns a required member."""
    if key not in value:
        raise RecordError(f'{path} must have the property "{key}"')
    return value[key]


def type_at(value: Any, path: str) -> str:
    """Returns the ``$type`` of a union's member."""
    kind = value.get("$type") if isinstance(value, dict) else None
    if not isinstance(kind, str):
        raise RecordError(f'{path} must be an object which includes the "$type" property')
    return kind


def text_at(
    value: Any, path: str, *, max_bytes: int | None = None, max_graphemes: int | None = None
) -> str:
    """Returns the value if it is a string within its limits."""
    if not isinstance(value, str):
        raise RecordError(f"{path} must be a string")
    if max_bytes is not None and len(value.encode()) > max_bytes:
        raise RecordError(f"{path} must not be longer than {max_bytes} characters")
    if max_graphemes is not None and grapheme_count(value) > max_graphemes:
        raise RecordError(f"{path} must not be longer than {max_graphemes} graphemes")
    return value


def integer_at(value: Any, path: str, *, minimum: int) -> int:
    """Returns the value if it is a whole number that is large enough."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise RecordError(f"{path} must be an integer")
    if value < minimum:
        raise RecordError(f"{path} can not be less than {minimum}")
    return value


def array_at(value: Any, path: str, *, max_length: int | None = None) -> list[Any]:
    """Returns the value if it is an array that is not too long."""
    if not isinstance(value, list):
        raise RecordError(f"{path} must be an array")
    if max_length is not None and len(value) > max_length:
        raise RecordError(f"{path} must not have more than {max_length} elements")
    return value


def format_at(value: Any, path: str, name: str, fits: Callable[[str], bool]) -> str:
    """Returns the value if it is a string of that format."""
    text = text_at(value, path)
    if not fits(text):
        raise RecordError(f"{path} must be a valid {name}")
    return text


def grapheme_count(text: str) -> int:
    """Counts what a reader sees as characters, by the rules of Unicode's annex 29."""
    if text.isascii():
        return len(text) - text.count("\r\n")  # the one cluster that ASCII has
    # It loads big tables, and it publishes no types.
    import grapheme  # type: ignore[import-untyped]  # noqa: PLC0415

    count: int = grapheme.length(text)
    return count
