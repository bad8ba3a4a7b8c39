"""The contract changes on purpose only: its surface is written down in ``surface.txt``.

Run this file as a script to write the snapshot anew.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import mpcas2_hookspecs
from mpcas2_hookspecs import specs

HERE = Path(__file__).parent
SNAPSHOT = HERE / "surface.txt"
README = HERE.parent / "README.md"


def written(function: Any) -> str:
    """A signature as its source has it, without ``self``."""
    signature = inspect.signature(function)
    parts: list[str] = []
    star = False
    for name, parameter in signature.parameters.items():
        if name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            star = True
            parts.append("*")
        default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        parts.append(f"{name}: {parameter.annotation}{default}")
    return f"({', '.join(parts)}) -> {signature.return_annotation}"


def is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function)


def members(kind: type) -> Iterator[str]:
    for name, member in vars(kind).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property) and member.fget:
            yield f"{name}: {inspect.get_annotations(member.fget)['return']}"
        elif inspect.isfunction(member):
            yield f"{'async ' if is_async(member) else ''}{name}{written(member)}"


def fields(kind: type[msgspec.Struct]) -> Iterator[str]:
    hints = inspect.get_annotations(kind)
    for field in msgspec.structs.fields(kind):
        default = "" if field.default is msgspec.NODEFAULT else f" = {field.default!r}"
        if field.default_factory is not msgspec.NODEFAULT:
            default = f" = {field.default_factory()!r}"
        yield f"{field.name}: {hints[field.name]}{default}"


def described(name: str, value: Any) -> Iterator[str]:
    """One public name, with everything that an author or the engine can rely on."""
    if not isinstance(value, type):
        if inspect.isfunction(value):
            yield f"function {name}{written(value)}"
        elif isinstance(value, str):
            yield f"value {name}: str"  # the version itself is no part of the surface
        elif "Literal" in repr(value) or "|" in repr(value):
            yield f"type {name} = {value!r}"
        else:
            yield f"value {name}: {type(value).__qualname__}"
    elif issubclass(value, msgspec.Struct):
        strict = ", forbid_unknown_fields" * value.__struct_config__.forbid_unknown_fields
        yield f"struct {name} (frozen, kw_only{strict})"
        yield from (f"    {line}" for line in fields(value))
    elif issubclass(value, BaseException):
        yield f"error {name}({value.__base__.__name__ if value.__base__ else ''})"
        if inspect.isfunction(value.__init__):
            yield f"    {written(value.__init__)}"
    else:
        kind = "protocol" if getattr(value, "_is_protocol", False) else "class"
        yield f"{kind} {name}"
        yield from (f"    {line}" for line in members(value))


def surface() -> str:
    lines = [f"hook {name}{written(getattr(specs, name))}" for name in sorted(specs.__all__)]
    for name in sorted(mpcas2_hookspecs.__all__):
        lines.extend(described(name, getattr(mpcas2_hookspecs, name)))
    return "\n".join(lines) + "\n"


def test_the_surface_is_the_one_that_is_written_down() -> None:
    assert SNAPSHOT.read_text() == surface(), (
        "The contract has changed. If that is meant: run `python hookspecs/tests/test_surface.py`, "
        "add a line to CHANGELOG.md that says what plugin authors have to do, and see 'Versions' "
        "in hookspecs/README.md for the version it asks for."
    )


def public(base: type) -> list[type]:
    values = (getattr(mpcas2_hookspecs, name) for name in mpcas2_hookspecs.__all__)
    return [value for value in values if isinstance(value, type) and issubclass(value, base)]


@pytest.mark.parametrize("struct", public(msgspec.Struct))
def test_every_struct_is_frozen_and_built_by_keyword(struct: type[msgspec.Struct]) -> None:
    assert struct.__struct_config__.frozen
    kinds = {parameter.kind for parameter in inspect.signature(struct).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def protocols_and_hooks() -> list[str]:
    lines = [f"{name}{written(getattr(specs, name))}" for name in specs.__all__]
    for name in mpcas2_hookspecs.__all__:
        value = getattr(mpcas2_hookspecs, name)
        if getattr(value, "_is_protocol", False):
            lines.extend(members(value))
    return lines


@pytest.mark.parametrize("line", protocols_and_hooks())
def test_the_guide_shows_every_hook_and_member_as_it_is(line: str) -> None:
    assert f"`{line}`" in README.read_text()


@pytest.mark.parametrize("struct", public(msgspec.Struct))
def test_the_guide_names_every_field(struct: type[msgspec.Struct]) -> None:
    row = re.search(rf"^\| `{struct.__name__}` \|.*$", README.read_text(), re.MULTILINE)
    assert row is not None
    assert [name for name in struct.__struct_fields__ if f"`{name}`" not in row[0]] == []


if __name__ == "__main__":
    SNAPSHOT.write_text(surface())
