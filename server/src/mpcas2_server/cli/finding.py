"""What `mpcas2 doctor` finds, and where each setting came from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from mpcas2_core.settings import PLAIN_NAMES, PREFIX, Settings

__all__ = ("Finding", "Shown", "source_of", "sources")


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the examination.

    Attributes:
        level: ``ok``, ``warn`` for what works and should be looked at, ``fail`` for what does not.
        area: What it is about, in a word.
        message: What was found.
        advice: What to do; empty when nothing has to be done.
    """

    level: Literal["ok", "warn", "fail"]
    area: str
    message: str
    advice: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A setting as a person may see it.

    Attributes:
        name: Of the setting.
        value: Its value; secrets and passwords are hidden.
        source: The variable that gave it, or ``default``.
    """

    name: str
    value: str
    source: str


def sources(settings: Settings, environ: Mapping[str, str] | None = None) -> list[Shown]:
    """Gives every setting, secrets hidden, with the variable that it came from.

    Args:
        settings: As loaded.
        environ: What they were loaded from; the process's environment by default.
    """
    environ = os.environ if environ is None else environ
    return [
        Shown(name=name, value=value, source=_source(name, environ))
        for name, value in settings.masked().items()
    ]


def source_of(variables: Iterable[str], environ: Mapping[str, str]) -> str | None:
    """Names the variable that gives a value, itself or as ``<VARIABLE>_FILE``; None when none does.

    Args:
        variables: In the order in which they are looked at.
        environ: Where they are.
    """
    for variable in variables:
        for candidate in (variable, f"{variable}_FILE"):
            if variable and environ.get(candidate):
                return candidate
    return None


def _source(name: str, environ: Mapping[str, str]) -> str:
    # In the order in which Settings looks.
    return source_of((PREFIX + name.upper(), PLAIN_NAMES.get(name, "")), environ) or "default"
