"""No file names a package registry's host or a path of one machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

# What git ignores, as far as it stands in a checkout.
IGNORED = re.compile(
    r"^(\.git|\.venv|\.uv|__pycache__|dist|build|node_modules|uv\.lock|.*\.egg-info|\..*_cache)$"
)

# Put together here, so that this file does not name them itself.
FORBIDDEN = re.compile(
    "|".join(
        re.escape("".join(parts))
        for parts in (
            ("pypi", ".org"),
            ("python", "hosted.org"),
            ("registry.", "npmjs"),
            ("registry.", "yarnpkg"),
            ("npm", "mirror.com"),
            ("/", "work/"),
            ("/", "root/"),
            ("/", "Users/"),
        )
    )
    + r"|(?<![\w.])/home/(?!\$)\w"
)


def files(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not IGNORED.match(name)]
        yield from (Path(place, name) for name in names if not IGNORED.match(name))


def test_no_file_names_a_registry_or_a_place_on_one_machine(root: Path) -> None:
    found = []
    for file in files(root):
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue  # a picture or another binary file
        found += [
            f"{file.relative_to(root)}:{number}: {match[0]}"
            for number, line in enumerate(text.splitlines(), 1)
            if (match := FORBIDDEN.search(line))
        ]
    assert found == []
