"""The Dockerfile: what it copies is there, nobody is root in it, and it starts what exists."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.workspace.deployed import DEPLOY, SETTINGS, check_command

DOCKERFILE = DEPLOY / "Dockerfile"
# What the product does not read, but Python and the shell do.
OTHERS = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}

Instruction = tuple[str, str]
Answering = Callable[[int], tuple[int, list[str]]]


def stages() -> list[list[Instruction]]:
    """Reads the file: one list of instructions for each stage."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    found: list[list[Instruction]] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append([])
        if word:
            found[-1].append((word, rest))
    return found


def one(name: str) -> str:
    """Gives the only instruction of a name in the last stage."""
    (value,) = (rest for word, rest in stages()[-1] if word == name)
    return value


def sources() -> list[str]:
    """Names what is copied out of the checkout."""
    copies = (rest.split() for stage in stages() for word, rest in stage if word == "COPY")
    return [path for words in copies if "--from=build" not in words for path in words[:-1]]


def variables() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in one("ENV").split())


def test_what_is_copied_is_there_and_enough_for_the_requirements(root: Path) -> None:
    assert [name for name in sources() if not (root / name).exists()] == []
    wanted = [
        line.strip().removeprefix("./")
        for line in (root / "requirements.txt").read_text().splitlines()
        if line.startswith("./")
    ]
    missing = [
        path
        for path in wanted
        if not any(path == name or path.startswith(f"{name}/") for name in sources())
    ]
    assert missing == []


def test_the_build_sees_what_it_copies_and_no_more() -> None:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(sources())


def test_nobody_is_root_and_nothing_that_builds_is_left() -> None:
    assert int(one("USER")) >= 10_000
    names = [word for word, _ in stages()[-1]]
    runs = [rest for word, rest in stages()[-1] if word == "RUN"]
    assert names.index("USER") > max(
        index for index, word in enumerate(names) if word in {"RUN", "COPY"}
    )
    assert not any(re.search(r"\b(pip|apt-get|gcc|uv)\b", text) for text in runs)
    assert any("--without-pip" in rest for word, rest in stages()[0] if word == "RUN")


def test_the_versions_of_python_are_named_and_the_same() -> None:
    images = [rest.split()[0] for stage in stages() for word, rest in stage if word == "FROM"]
    assert set(images) == {"python:3.12-slim"}


def test_it_starts_a_command_that_exists_with_settings_that_exist() -> None:
    assert json.loads(one("ENTRYPOINT")) == ["mpcas2"]
    check_command(json.loads(one("CMD")))
    assert set(variables()) - OTHERS <= SETTINGS
    assert variables()["MPCAS2_HOME"] == one("VOLUME") == one("WORKDIR")
    assert variables()["MPCAS2_PORT"] == one("EXPOSE")


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Starts a server that answers everything with one status; gives its port and what was asked for."""
    with contextlib.ExitStack() as stack:

        def start(status: int) -> tuple[int, list[str]]:
            paths: list[str] = []

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:  # the base class calls it so
                    paths.append(self.path)
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

                def log_message(self, *_: object) -> None:
                    """Keeps quiet."""

            server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            Thread(target=server.serve_forever, daemon=True).start()
            return server.server_port, paths

        yield start


def health_check() -> list[str]:
    command: list[str] = json.loads(one("HEALTHCHECK").partition("CMD ")[2])
    return command


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_says_what_the_api_says(
    status: int, code: int, answering: Answering
) -> None:
    port, paths = answering(status)
    environment = {"PATH": "/usr/bin:/bin", "MPCAS2_PORT": str(port)}
    done = subprocess.run(
        [python(), *health_check()[1:]], env=environment, capture_output=True, check=False
    )
    assert (done.returncode, paths) == (code, ["/health/ready"]), done.stderr


def test_the_health_check_fails_where_nothing_listens() -> None:
    done = subprocess.run(
        [python(), *health_check()[1:]],
        env={"PATH": "/usr/bin:/bin", "MPCAS2_PORT": "1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0


def python() -> str:
    found = shutil.which("python3")
    assert found is not None
    return found


def test_hadolint_finds_nothing() -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
