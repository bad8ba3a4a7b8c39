"""Reads ``fields=id,comments.limit(0).summary(true),from{name}`` and picks them from a node."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from mpcas2_platform_facebook.sandbox.errors import GraphError, bad_parameter

_NAME = re.compile(r"([a-z_0-9]+)((?:\.[a-z_]+\([^()]*\))*)\Z")
_ARGUMENT = re.compile(r"\.([a-z_]+)\(([^()]*)\)")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for of one field.

    Attributes:
        below: The fields that are asked for of the nodes behind it.
        arguments: Its arguments, such as ``limit`` and ``summary``.
    """

    below: "FieldTree" = dataclasses.field(default_factory=dict)
    arguments: Mapping[str, str] = dataclasses.field(default_factory=dict)


FieldTree = dict[str, Wanted]
"""The fields that are asked for, by name."""

Node = Mapping[str, Callable[[Wanted], Any]]
"""What a node has: each field with what makes its value; None leaves it out of the answer."""


def parse_fields(text: str) -> FieldTree:
    """Returns the fields that a text names.

    Raises:
        GraphError: It cannot be read.
    """
    dense = text.replace(" ", "")
    tree, end = _parse(dense, 0)
    if end != len(dense):
        raise _unreadable(text)
    return tree


def _parse(text: str, start: int) -> tuple[FieldTree, int]:
    tree: FieldTree = {}
    place = begin = start
    depth = 0
    while True:
        letter = text[place] if place < len(text) else ""
        depth += (letter == "(") - (letter == ")")
        if letter and (depth > 0 or letter not in ",{}"):
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
            tree[match[1]] = Wanted(below=below, arguments=dict(_ARGUMENT.findall(match[2])))
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
    for name, one in {**wanted, "id": Wanted()}.items():
        if name not in node:
            raise bad_parameter(f"Tried accessing nonexisting field ({name}) on node type ({kind})")
        value = node[name](one)
        if value is not None:
            values[name] = value
    return values
