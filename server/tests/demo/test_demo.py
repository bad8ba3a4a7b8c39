"""`mpcas2 demo` as a person runs it: the whole story, a stop in its middle, and failures."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from mpcas2_server.demo.posts import plans

BOUND = 120.0


class Run:
    """A demonstration as a child process, whose output goes to a file."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.folder = folder
        self.home = folder / "home"
        # As an installation's own home would be, with something in it that is not the demo's.
        self.home.mkdir(parents=True, mode=0o711)
        (self.home / "theirs").touch()
        self._output = (folder / "output").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mpcas2_server.cli", "demo", *arguments],
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(folder),
                "MPCAS2_HOME": str(self.home),
                "LC_ALL": "C.UTF-8",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        self._psutil = psutil.Process(self.process.pid)
        self.seen: set[psutil.Process] = set()

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text(encoding="utf-8")

    def note_children(self) -> None:
        try:
            self.seen.update(self._psutil.children(recursive=True))
        except psutil.NoSuchProcess:
            return

    def until(self, words: str) -> None:
        deadline = time.monotonic() + BOUND
        while words not in self.output:
            self.note_children()
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.2)
        self.note_children()

    def end(self) -> int:
        deadline = time.monotonic() + BOUND
        while self.process.poll() is None:
            self.note_children()
            assert time.monotonic() < deadline, self.output
            time.sleep(0.2)
        return self.process.wait()

    def assert_nothing_runs(self) -> None:
        _, alive = psutil.wait_procs(list(self.seen), timeout=10)
        assert not alive

    def assert_nothing_is_left(self) -> None:
        self.assert_nothing_runs()
        assert [one.name for one in self.home.iterdir()] == ["theirs"]

    def kill(self, word: str) -> None:
        """Kills the process that has this word in its command line."""
        for one in self._psutil.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if word in one.cmdline():
                    one.kill()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(BOUND)
        self._output.close()


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    made = Run(folder)
    yield made
    made.close()


def test_it_shows_each_post_once_and_leaves_nothing(folder: Path) -> None:
    given = Run(
        folder,
        "--json",
        DATABASE_URL="postgresql://nobody:nothing@127.0.0.1:1/none",
        REDIS_URL="redis://127.0.0.1:1",
    )
    try:
        assert given.end() == 0, given.output
    finally:
        given.close()
    output = given.output
    assert "DATABASE_URL and REDIS_URL are set and left alone" in output
    for swallowed in (
        "X answers 429",
        "Bluesky answers 429",
        "X takes part 2; the line is cut before its answer",
        "X takes 3 s to process the film",
        "YouTube cuts the line after ",
        "is killed (SIGKILL) in the middle of the send",
    ):
        assert swallowed in output
    assert "8 posts in 12 parts on 3 networks, counted there: each exactly once." in output
    verdict = json.loads(output[output.index("\n{") :])
    assert verdict["right"] is True
    assert verdict["totals"] == {"twitter": 5, "bluesky": 5, "youtube": 2}
    assert all(set(post["onTheNetwork"]) == {1} for post in verdict["posts"])
    assert all(post["link"] in output for post in verdict["posts"])
    stories = {post["title"]: post["story"] for post in verdict["posts"]}
    assert stories["X text"] == "429: waited, then sent"
    assert stories["X thread"] == "answer lost; network asked: it was there; 3 parts in order"
    assert stories["Bluesky text"] == "worker killed; network asked: it was there"
    assert stories["YouTube video"].startswith("line cut: went on where it was; processed for")
    told = output[output.index("WHAT THE NETWORKS SWALLOWED") : output.index("\n{")]
    assert max(map(len, told.splitlines())) <= 80
    # Its servers, workers, API and networks were all among what was seen to run.
    assert len(given.seen) >= 10
    given.assert_nothing_is_left()


def test_networks_that_refuse_posts_and_have_copies_of_others_fail_it(run: Run) -> None:
    run.until("Bluesky @alice.test connected")
    x, bluesky = (
        address
        for pattern in (r"X @ada connected .*: (\S+)", r"Bluesky @alice.test connected .*: (\S+)")
        for address in re.findall(pattern, run.output)
    )
    with httpx.Client(trust_env=False) as http:
        http.post(f"{x}/_sandbox/settings", json={"creditsLeft": 0}).raise_for_status()
        alice, bob = http.get(f"{bluesky}/_sandbox/accounts").json()["accounts"][:2]
        session = http.post(
            f"{bluesky}/xrpc/com.atproto.server.createSession",
            json={"identifier": alice["handle"], "password": alice["appPassword"]},
        ).json()
        copied = plans(bob["handle"])["bluesky-picture"]
        http.post(
            f"{bluesky}/xrpc/com.atproto.repo.createRecord",
            headers={"Authorization": f"Bearer {session['accessJwt']}"},
            json={
                "repo": session["did"],
                "collection": "app.bsky.feed.post",
                "record": {
                    "$type": "app.bsky.feed.post",
                    "text": copied.parts[0].text,
                    "createdAt": "2026-12-01T09:00:00Z",
                },
            },
        ).raise_for_status()
    assert run.end() == 1
    for fault in (
        "X text: it is on the network 0 times, not once.",
        "X video: it ended as failed.",
        "X video: it is on the network 0 times, not once.",
        "X thread: part 3 is on the network 0 times, not once.",
        "Bluesky picture: it is on the network 2 times, not once.",
        "Not every post is there exactly once.",
        "The logs are in",
    ):
        assert fault in run.output
    run.assert_nothing_runs()


@pytest.mark.parametrize(
    ("moment", "number"),
    [("Starting PostgreSQL", signal.SIGTERM), ("YouTube through its consent page", signal.SIGINT)],
)
def test_a_stop_in_its_middle_leaves_nothing(run: Run, number: signal.Signals, moment: str) -> None:
    run.until(moment)
    run.process.send_signal(number)
    assert run.end() == 130
    assert "Stopped." in run.output
    assert "Traceback" not in run.output
    run.assert_nothing_is_left()


def test_a_network_that_dies_is_told_of_with_the_place_of_the_logs(run: Run) -> None:
    run.until("mpcas2 register")
    run.kill("mpcas2_sandbox")
    assert run.end() == 1
    assert "Traceback" not in run.output
    told = run.output[run.output.index("Error:") :]
    (home,) = (one for one in run.home.iterdir() if one.name != "theirs")
    assert f"The logs are in {home}/logs" in told
    assert (home / "logs" / "up.log").exists()
    assert [one.name for one in home.iterdir()] == ["logs"]
    run.assert_nothing_runs()


def test_without_practice_networks_it_says_what_to_install(folder: Path) -> None:
    hidden = (
        "import importlib.util, sys\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = "
        "lambda name, *rest: None if name == 'mpcas2_sandbox' else found(name, *rest)\n"
        "from mpcas2_server.cli import main\n"
        "main(['demo'])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", hidden],
        env={"PATH": os.defpath, "HOME": str(folder), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "practice networks of twitter, bluesky, youtube" in ended.stderr
    assert "pip install 'mpcas2[sandbox]'" in ended.stderr
    assert list(folder.iterdir()) == []
