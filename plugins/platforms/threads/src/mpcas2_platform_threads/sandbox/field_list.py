"""Reads ``fields=id,children{media_url},owner`` and picks them from a node."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from mpcas2_platform_threads.sandbox.errors import GraphError, bad_parameter

FieldTree = dict[str, "FieldTree"]
"""The names that are asked for, each with what is asked for of the nodes behind it."""

Node = Mapping[str, Callable[[FieldTree], Any]]
"""What a node has: each field with what makes its value; None leaves it out of the answer."""

_NAME = re.compile(r"([a-z_0-9]+)(?:\.[a-z_]+\([^()]*\))*\Z")


def parse_fields(text: str) -> FieldTree:
    """Returns the fields that a text names.

    Raises:
        GraphError: It cannot be read.
    """
    tree, end = _parse(text.replace(" ", ""), 0)
    if end != len(text.replace(" ", "")):
        raise _unreadable(text)
    return tree


def _parse(text: str, start: int) -> tuple[FieldTree, int]:
    tree: FieldTree = {}
    place = begin = start
    while True:
        letter = text[place] if place < len(text) else ""
        if letter not in {"", ",", "{", "}"}:
            place += 1
            continue
        word = text[begin:place]
        below: FieldTree = {}
        if letter == "{":
            below, place = _parse(text, place + 1)
            if text[place : place + 1] != "}":
                raise _unreadable(text)
            place += 1
            letter = text[place] if place < len(text) else ""
        match = _NAME.match(word)
        if match is not None:
            tree[match[1]] = below
        elif word:
            raise _unreadable(text)
        if letter != ",":
            return tree, place
        place += 1
        begin = place


def _unreadable(text: str) -> GraphError:
    return GraphError(2500, f"Syntax error in the field list: {text[:100]}")


def pick(node: Node, wanted: FieldTree, kind: str) -> dict[str, Any]:
    """Returns the fields that are asked for, and the id always.

    Args:
        node: What there is.
        wanted: What is asked for.
        kind: The node's type, as a refusal names it.

    Raises:
        GraphError: The node has no such field.
    """
    values: dict[str, Any] = {}
    for name, below in {**wanted, "id": {}}.items():
        if name not in node:
            raise bad_parameter(f"Tried accessing nonexisting field ({name}) on node type ({kind})")
        value = node[name](below)
        if value is not None:
            values[name] = value
    return values
