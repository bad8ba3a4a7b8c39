"""What README and docs show is what happens.

Every ```` ```python ```` block is executed. A ```` ```console ```` block is executed when the line
``<!-- runs -->`` stands right above it: lines that begin with ``$ `` are commands, run one after the
other by one shell; any other line must appear in the output, in order, and a line ``...`` stands
for whatever there is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^(?P<marker><!-- runs -->\n+)?```(?P<language>python|console)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """One block that is executed."""

    place: str
    language: str
    text: str


def snippets(text: str, name: str) -> list[Snippet]:
    found = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start("text"))
        if block["language"] == "python" or block["marker"]:
            place = f"{name}:{line}"
            found.append(Snippet(place=place, language=block["language"], text=block["text"]))
    return found


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def every_snippet() -> list[Snippet]:
    return [
        one
        for file in documents()
        for one in snippets(file.read_text(), file.relative_to(ROOT).as_posix())
    ]


def execute(command: Sequence[str], home: Path) -> str:
    """Runs a snippet in an empty folder, with the product of this environment on the path."""
    done = subprocess.run(
        command,
        cwd=home,
        env={
            **os.environ,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "MPCAS2_HOME": str(home / ".mpcas2"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run_snippet(snippet: Snippet, home: Path) -> None:
    if snippet.language == "python":
        execute([sys.executable, "-W", "error", "-c", snippet.text], home)
        return
    lines = snippet.text.splitlines()
    commands = [line[2:] for line in lines if line.startswith("$ ")]
    rest = execute(["bash", "-euo", "pipefail", "-c", "\n".join(commands)], home)
    for line in lines:
        if line.startswith("$ ") or line.strip() in {"", "..."}:
            continue
        before, found, rest = rest.partition(line.strip())
        assert found, f"{snippet.place}: {line!r} is not in what remains of the output: {before}"


@pytest.mark.parametrize("snippet", [pytest.param(one, id=one.place) for one in every_snippet()])
def test_the_snippet_does_what_it_shows(snippet: Snippet, tmp_path: Path) -> None:
    run_snippet(snippet, tmp_path)


def test_only_marked_console_blocks_are_run() -> None:
    text = (
        "```console\n$ rm all\n```\n\n<!-- runs -->\n```console\n$ true\n```\n```python\n1\n```\n"
    )
    assert [(one.place, one.text) for one in snippets(text, "x")] == [
        ("x:6", "$ true\n"),
        ("x:9", "1\n"),
    ]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "assert 1 + 1 == 2\n"),
        ("console", "$ echo one; echo two; echo three\none\n...\nthree\n"),
        ("console", "$ word=kept\n$ echo $word\nkept\n"),
    ],
)
def test_a_true_snippet_passes(language: str, text: str, tmp_path: Path) -> None:
    run_snippet(Snippet(place="x", language=language, text=text), tmp_path)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "assert 1 + 1 == 3\n"),
        ("console", "$ false\n$ true\n"),
        ("console", "$ echo one; echo two\ntwo\none\n"),
    ],
)
def test_a_false_snippet_fails(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_snippet(Snippet(place="x", language=language, text=text), tmp_path)
