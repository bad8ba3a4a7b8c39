"""Writes a new plugin package: Postbox, the worked example of this kit, under another name.

Postbox is a whole package (the folder ``postbox`` beside this module), and what is written is that
package, so it passes its own conformance suite from the first minute on.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = (
    "KINDS",
    "Names",
    "ScaffoldError",
    "main",
    "next_steps",
    "write_package",
    "write_sources",
)

KINDS = ("platform",)
"""The kinds of plugin that can be written."""

TEMPLATE = Path(__file__).with_name("postbox")

_KEY = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_KEY = 32
# What git would ignore, and the file that keeps the template's own test out of the kit's.
_JUNK = shutil.ignore_patterns(
    "__pycache__", "*.py[cod]", ".*_cache", ".venv", "*.egg-info", "dist", "conftest.py"
)
# In identifiers, settings, sentences, class names and keys; the first that fits counts.
_NAME = re.compile(r"_postbox|POSTBOX|\bPostbox\b|Postbox|postbox")


class ScaffoldError(Exception):
    """A package cannot be written; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """Every form of a network's name, made from its key.

    Attributes:
        key: The plugin's key, such as ``acme-photos``.
    """

    key: str

    @property
    def snake(self) -> str:
        """The name inside identifiers: ``acme_photos``."""
        return self.key.replace("-", "_")

    @property
    def title(self) -> str:
        """The name for people: ``Acme Photos``."""
        return self.key.replace("-", " ").title()

    @property
    def distribution(self) -> str:
        """The name of the distribution: ``mpcas2-platform-acme-photos``."""
        return f"mpcas2-platform-{self.key}"

    @property
    def package(self) -> str:
        """The import name: ``mpcas2_platform_acme_photos``."""
        return f"mpcas2_platform_{self.snake}"

    def put_into(self, text: str) -> str:
        """Puts these names into a text of the template."""
        forms = {
            "_postbox": f"_{self.snake}",
            "POSTBOX": self.snake.upper(),
            "postbox": self.key,
        }

        def replaced(found: re.Match[str]) -> str:
            if found[0] in forms:
                return forms[found[0]]
            # A word alone stands in a sentence, a part of one is a class.
            start, end = found.span()
            around = text[start - 1 : start] + text[end : end + 1]
            alone = not re.search(r"\w", around)
            return self.title if alone else self.title.replace(" ", "")

        return _NAME.sub(replaced, text)


def write_package(kind: str, key: str, into: Path) -> Path:
    """Writes a whole package into a new folder and gives that folder.

    Args:
        kind: What the plugin adds; only ``platform`` exists so far.
        key: The plugin's key.
        into: An existing folder in which the package's own is made.

    Raises:
        ScaffoldError: Kind or key are wrong, or the folder cannot be made.
    """
    if kind not in KINDS:
        raise ScaffoldError(f"There is no kind {kind!r}: only `platform` exists so far.")
    if len(key) > _LONGEST_KEY or not _KEY.fullmatch(key):
        raise ScaffoldError(
            f"{key!r} is no key: take up to {_LONGEST_KEY} lower-case letters and digits that begin "
            "with a letter, with single hyphens between words, such as `acme-photos`."
        )
    names = Names(key=key)
    folder = into / names.distribution
    if folder.exists():
        raise ScaffoldError(f"{folder} is there already: choose another key, or another --into.")
    try:
        write_sources(TEMPLATE, folder, names)
    except OSError as error:
        raise ScaffoldError(f"{folder} cannot be written: {error}.") from error
    return folder


def write_sources(template: Path, folder: Path, names: Names) -> None:
    """Copies a folder of the template, with other names in paths and texts.

    Args:
        template: The folder to copy.
        folder: Where its content goes; made with its parents.
        names: What replaces Postbox's.
    """
    folder.mkdir(parents=True)
    entries = sorted(template.iterdir())
    junk = _JUNK(str(template), [entry.name for entry in entries])
    for entry in entries:
        target = folder / names.put_into(entry.name)
        if entry.name in junk:
            continue
        if entry.is_dir():
            write_sources(entry, target, names)
        else:
            target.write_text(names.put_into(entry.read_text("utf-8")), "utf-8")


def next_steps(folder: Path, key: str) -> tuple[str, ...]:
    """Says what an author does with a fresh package, one step each.

    Args:
        folder: Where it was written.
        key: The plugin's key.
    """
    return (
        f"cd {shlex.quote(str(folder))} && pip install -e '.[dev]'",
        "pytest",
        f"Make src/{Names(key=key).package}/ talk to your network, as docs/plugins.md shows.",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes a package as the command line says; 2 stands for a mistake that is told."""
    parser = argparse.ArgumentParser(
        prog="python -m mpcas2_testing.scaffold", description="Write a new plugin package."
    )
    parser.add_argument("kind", help="what the plugin adds: platform")
    parser.add_argument("key", help="the plugin's key, such as acme-photos")
    parser.add_argument("--into", type=Path, default=Path(), help="folder for it (default: here)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    try:
        folder = write_package(given.kind, given.key, given.into)
    except ScaffoldError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    steps = next_steps(folder, given.key)
    if given.json:
        sys.stdout.write(json.dumps({"folder": str(folder), "next": steps}, indent=2) + "\n")
        return 0
    sys.stdout.write(f"Wrote {folder}, a whole plugin for a made-up network. Next:\n")
    sys.stdout.writelines(f"  {number}. {step}\n" for number, step in enumerate(steps, 1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
