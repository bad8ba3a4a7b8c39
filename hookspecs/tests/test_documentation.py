"""Every public name of the contract is documented in the code and in the author's guide."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

import mpcas2_hookspecs
from mpcas2_hookspecs import specs

PACKAGE = Path(mpcas2_hookspecs.__file__).parent
README = (Path(__file__).parents[1] / "README.md").read_text()
PUBLIC = [(name, getattr(mpcas2_hookspecs, name)) for name in mpcas2_hookspecs.__all__]
OBJECTS = [(name, value) for name, value in PUBLIC if inspect.isclass(value)]
FUNCTIONS = [
    (f"{name}.{member}", function)
    for name, value in OBJECTS
    for member, function in vars(value).items()
    if inspect.isfunction(function) and not member.startswith("_")
]


def documented_values() -> set[str]:
    """Names that a module assigns and describes by a string right below."""
    found = set()
    for module in PACKAGE.glob("*.py"):
        body = ast.parse(module.read_text()).body
        for statement, after in itertools.pairwise(body):
            if (
                isinstance(statement, ast.Assign)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
                and isinstance(after.value.value, str)
            ):
                found |= {one.id for one in statement.targets if isinstance(one, ast.Name)}
    return found


@pytest.mark.parametrize(("name", "value"), PUBLIC)
def test_every_public_name_has_a_docstring(name: str, value: Any) -> None:
    if inspect.isclass(value) or inspect.isfunction(value):
        assert value.__doc__
        assert value.__doc__.splitlines()[0].endswith(".")
    elif name != "hookimpl":  # pluggy's own object
        assert name in documented_values()


@pytest.mark.parametrize(("name", "function"), FUNCTIONS)
def test_every_public_method_says_what_its_arguments_are(name: str, function: Any) -> None:
    doc = inspect.getdoc(function)
    assert doc, name
    arguments = [one for one in inspect.signature(function).parameters if one != "self"]
    if name != "Hooks.unregister":  # its only argument is in the sentence
        assert [one for one in arguments if f"{one}:" not in doc] == []


@pytest.mark.parametrize("name", mpcas2_hookspecs.__all__)
def test_every_public_name_is_in_the_guide(name: str) -> None:
    assert re.search(rf"`{name}[`(]|^### {name}$", README, re.MULTILINE)


@pytest.mark.parametrize("name", specs.__all__)
def test_every_hook_has_a_docstring_and_a_heading(name: str) -> None:
    assert getattr(specs, name).__doc__
    assert re.search(rf"^### `{name}\(", README, re.MULTILINE)


def test_the_guide_stays_short() -> None:
    assert len(README.splitlines()) < 480
