"""What README and docs show is what happens.

Every ```` ```python ```` block is executed. A ```` ```console ```` block is executed when the line
``<!-- runs -->`` stands right above it: lines that begin with ``$ `` are commands, run one after the
other by one shell; any other line must appear in the output, in order, ``…`` inside it stands for
anything, and a line ``...`` for whatever lines there are.

Blocks below ``<!-- runs: installation -->`` belong to one session of their document, with a running
installation and a practice network: the console blocks are one shell, and the python blocks, executed
after them, one program. Both find ``$SERVER``, ``$NETWORK_URL``, ``$HANDLE`` and ``$APP_PASSWORD``
(an account of the practice network), and ``cat.jpg`` in their folder.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from PIL import Image
from tests.outside.installation import Installation, base_environment

from mpcas2_sandbox import SandboxProcess
from mpcas2_server.cli import mpcas2

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^(?P<marker><!-- runs(?P<session>: installation)? -->\n+)?"
    r"```(?P<language>python|console)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
# In a block at the beginning of a command, in a line at the beginning of a code span.
COMMAND = re.compile(
    r"(?:^|[`|;(=] ?|\$ |\S=\S* )mpcas2 (?P<words>(?:[a-z][a-z-]+(?= |`|$) ?)+)", re.MULTILINE
)
BLANKS = re.compile(r"[ \t]+")
BORDER = "-- end of block --"


@dataclass(frozen=True, kw_only=True)
class Snippet:
    """One block that is executed, by itself or in the session of its document."""

    place: str
    language: str
    text: str
    session: bool = False


def snippets(text: str, name: str) -> list[Snippet]:
    found = []
    for block in BLOCK.finditer(text):
        line = text.count("\n", 0, block.start("text"))
        if block["language"] == "python" or block["marker"]:
            found.append(
                Snippet(
                    place=f"{name}:{line}",
                    language=block["language"],
                    text=block["text"],
                    session=block["session"] is not None,
                )
            )
    return found


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def every_snippet() -> list[Snippet]:
    return [
        one
        for file in documents()
        for one in snippets(file.read_text(), file.relative_to(ROOT).as_posix())
    ]


def sessions() -> dict[str, list[Snippet]]:
    """Gives the blocks that need an installation, by their document."""
    found: dict[str, list[Snippet]] = {}
    for one in every_snippet():
        if one.session:
            found.setdefault(one.place.partition(":")[0], []).append(one)
    return found


def commands_named(text: str) -> set[tuple[str, ...]]:
    """Gives the words that stand after ``mpcas2`` in code, up to the first that is no command."""
    found = (tuple(named["words"].split()) for named in COMMAND.finditer(text))
    return {words for words in found if words}


def execute(
    command: Sequence[str], home: Path, environment: Mapping[str, str] | None = None
) -> str:
    """Runs a snippet in a folder, with the product of this environment on the path."""
    done = subprocess.run(
        command,
        cwd=home,
        env={
            **os.environ,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "MPCAS2_HOME": str(home / ".mpcas2"),
            **(environment or {}),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run_snippet(snippet: Snippet, home: Path) -> None:
    run_blocks([snippet], home)


def run_blocks(
    blocks: Sequence[Snippet], home: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Runs console blocks in one shell, then python blocks in one program."""
    consoles = [one for one in blocks if one.language == "console"]
    if consoles:
        script = f"\necho '{BORDER}'\n".join(commands_of(one) for one in consoles)
        output = execute(["bash", "-euo", "pipefail", "-c", script], home, environment)
        for one, shown in zip(consoles, output.split(f"{BORDER}\n"), strict=True):
            compare(one, shown)
    program = "".join(one.text for one in blocks if one.language == "python")
    if program:
        execute([sys.executable, "-W", "error", "-c", program], home, environment)


def commands_of(snippet: Snippet) -> str:
    """Gives the commands; a line that ends with a backslash goes on in the next."""
    commands, goes_on = [], False
    for line in snippet.text.splitlines():
        if goes_on or line.startswith("$ "):
            commands.append(line if goes_on else line[2:])
            goes_on = line.endswith("\\")
    return "\n".join(commands)


def compare(snippet: Snippet, output: str) -> None:
    """Looks for every line that the snippet shows, in order; blanks count as one."""
    rest, goes_on = BLANKS.sub(" ", output), False
    for line in snippet.text.splitlines():
        command, goes_on = goes_on or line.startswith("$ "), False
        if command:
            goes_on = line.endswith("\\")
            continue
        if line.strip() in {"", "..."}:
            continue
        pattern = "[^\n]*".join(map(re.escape, BLANKS.sub(" ", line.strip()).split("…")))
        found = re.search(pattern, rest)
        assert found, f"{snippet.place}: {line!r} is not in what remains of the output: {rest}"
        rest = rest[found.end() :]


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """What the documents' sessions talk to."""
    with Installation() as running:
        yield running


@pytest.fixture(scope="module")
def network() -> Iterator[SandboxProcess]:
    """A practice network for them."""
    with SandboxProcess("bluesky") as process:
        yield process


@pytest.mark.parametrize(
    "blocks", [pytest.param(blocks, id=name) for name, blocks in sessions().items()]
)
def test_the_session_does_what_the_document_shows(
    blocks: list[Snippet],
    installation: Installation,
    network: SandboxProcess,
    tmp_path: Path,
) -> None:
    practice = network.control.call("POST", "accounts", {"count": 1})["accounts"][0]
    # Not tmp_path: root's servers run as a user who has to pass through.
    folder = installation.folder / tmp_path.name
    folder.mkdir(mode=0o755)
    Image.new("RGB", (60, 40), (120, 120, 130)).save(folder / "cat.jpg")
    environment = {
        **base_environment(folder),
        "MPCAS2_HOME": str(installation.home),
        "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
        "MPCAS2_SERVER": installation.address,
        "SERVER": installation.address,
        "NETWORK_URL": network.url,
        "HANDLE": practice["handle"],
        "APP_PASSWORD": practice["appPassword"],
    }
    try:
        run_blocks(blocks, folder, environment)
    finally:
        (installation.home / "session.json").unlink(missing_ok=True)


@pytest.mark.parametrize(
    "snippet",
    [pytest.param(one, id=one.place) for one in every_snippet() if not one.session],
)
def test_the_snippet_does_what_it_shows(snippet: Snippet, tmp_path: Path) -> None:
    run_snippet(snippet, tmp_path)


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_every_command_that_is_named_exists(file: Path) -> None:
    for words in commands_named(file.read_text()):
        command: click.Command | None = mpcas2
        context = click.Context(mpcas2)
        for word in words:
            if not isinstance(command, click.Group):
                break
            command = command.get_command(context, word)
            assert command is not None, f"{file.name} names `mpcas2 {' '.join(words)}`"


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
        ("console", "$ echo one \\\n  two\none two\n"),
        ("console", "$ echo one two three\none … three\n"),
        ("console", "$ printf 'one\\ttwo'\none   two\n"),
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
        ("console", "$ echo one; echo three\none … three\n"),
    ],
)
def test_a_false_snippet_fails(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        run_snippet(Snippet(place="x", language=language, text=text), tmp_path)


def test_the_blocks_of_a_session_share_their_shell(tmp_path: Path) -> None:
    text = "<!-- runs: installation -->\n```console\n{}```\n"
    blocks = snippets(text.format("$ a=1\n") + text.format("$ echo $a\n1\n"), "x")
    assert [one.session for one in blocks] == [True, True]
    run_blocks(blocks, tmp_path)
