"""A release drill, as a command: ``python tests/plugins/release_drill.py``.

A network retires the version of its API that a plugin speaks. A new wheel of that one plugin is checked,
installed into the running product and taken back later, posts wait while the plugin is away, and another
network goes on publishing all the while. The command prints what it saw, in Markdown; the exit code is 0
only if every post is on its network exactly once.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from tests.plugins.plugin_wheels import Environment

ROOT = Path(__file__).resolve().parents[2]
KEY = "acme"
RETIRED = {
    "action": "status",
    "path": "/v1/drafts",
    "status": 410,
    "times": None,
    "body": {"error": "version-retired", "message": "Version 1 is retired. Use version 2."},
}
# The practice network of either wheel speaks both versions.
LATER = """
        ])


def _both(routes: list[Any]) -> list[Any]:
    later = [
        Route(one.path.replace("/v1/", "/v2/"), one.endpoint, methods=one.methods)
        for one in routes
        if isinstance(one, Route) and one.path.startswith("/v1/")
    ]
    return [*routes, *later]
"""
BOTH = (
    (
        '        return [\n            Route("/v1/me"',
        '        return _both([\n            Route("/v1/me"',
    ),
    (
        "            *_control_routes(state),\n        ]\n",
        f"            *_control_routes(state),{LATER}",
    ),
)
PRACTICE = {"sandbox/practice_acme.py": BOTH}
SECOND = {
    "sandbox/practice_acme.py": (*BOTH, ('publish=("POST /v1/', 'publish=("POST /v2/')),
    "adapter.py": (("/v1/", "/v2/"),),
    "connecting.py": (("/v1/", "/v2/"),),
}
SECONDS = 90.0


class Drill:
    """The product, its two networks, and one person with an account on each.

    Args:
        here: The environment that the product runs in.
        http: The person's client.
        networks: The control addresses of the networks, by key.
    """

    def __init__(self, here: Environment, http: httpx.Client, networks: dict[str, str]) -> None:
        self.here = here
        self.http = http
        self.networks = networks
        self.accounts: dict[str, str] = {}
        self.sent: dict[str, str] = {}
        self.seen: list[tuple[str, str]] = []

    def note(self, what: str, seen: str) -> None:
        """Writes down one step and what came of it."""
        self.seen.append((what, seen))

    def post(self, key: str, text: str, *, at: datetime | None = None) -> str:
        """Asks for a post and gives its job's id."""
        body = {"type": "text", "title": text, "text": text}
        content = self.http.post("/content", json=body).raise_for_status().json()["id"]
        account = {"socialAccountId": self.accounts[key], "platform": key}
        order: dict[str, Any] = {"contentId": content, "accounts": [account]}
        if at is not None:
            order["scheduleAt"] = at.isoformat()
        made = self.http.post("/publish", json=order).raise_for_status().json()
        job: str = made["jobs"][0]["id"]
        self.sent[text] = key
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        """Gives a job's story."""
        story: dict[str, Any] = self.http.get(f"/jobs/{job_id}").raise_for_status().json()
        return story

    def wait(self, job_id: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Waits until a job is as wanted."""
        until = time.monotonic() + SECONDS
        while not reached(story := self.job(job_id)):
            if time.monotonic() > until:
                raise TimeoutError(f"The job did not come about: {story}")
            time.sleep(0.1)
        return story

    def published(self, job_id: str) -> None:
        """Waits until a job is published."""
        self.wait(job_id, lambda story: story["state"] == "published")

    def texts(self) -> Counter[str]:
        """Counts what is on the networks, by text."""
        found: Counter[str] = Counter()
        for key, control in self.networks.items():
            for one in httpx.get(f"{control}/posts", trust_env=False).json()["posts"]:
                found[one["record"]["text"] if key == "bluesky" else one["text"]] += 1
        return found


class Steady(threading.Thread):
    """Posts to the other network once in a while, until it is told to stop."""

    def __init__(self, drill: Drill) -> None:
        super().__init__(name="steady")
        self.stop = threading.Event()
        self.jobs: list[str] = []
        self._drill = drill

    def run(self) -> None:
        """Posts; an API that is renewed at that moment is asked again."""
        number = 0
        while not self.stop.wait(0.25):
            try:
                self.jobs.append(self._drill.post("bluesky", f"steady {number}"))
            except httpx.HTTPError:
                # Content and job come in two requests; a text that was not taken is not counted.
                self._drill.sent.pop(f"steady {number}", None)
            number += 1


def main() -> int:
    """Runs the drill and gives the exit code."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "harness")]
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="mpcas2-drill-"))
        folder.chmod(0o755)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        drill, wheels = prepared(folder, stack)
        steady = Steady(drill)
        steady.start()
        try:
            rehearse(drill, wheels)
        finally:
            steady.stop.set()
            steady.join()
        for job in steady.jobs:
            drill.published(job)
        drill.note("posts on the other network meanwhile", f"{len(steady.jobs)}, all published")
        found = drill.texts()
        wrong = {text: found[text] for text in drill.sent if found[text] != 1}
        drill.note("posts in all, each once", f"{len(drill.sent)}; wrong: {wrong or 'none'}")
    print(summary(drill))  # noqa: T201 - the command's output
    return int(bool(wrong))


def prepared(folder: Path, stack: ExitStack) -> tuple[Drill, Path]:
    """Builds the wheels, starts networks and product, and connects two accounts."""
    from tests.plugins.plugin_wheels import Environment, make_wheel  # noqa: PLC0415 - see main
    from tests.plugins.running import running, started  # noqa: PLC0415 - see main

    from mpcas2_core.servers.home import free_port  # noqa: PLC0415 - see main

    wheels = folder / "index"
    first = make_wheel(wheels, KEY, "1.0", changes=PRACTICE)
    make_wheel(wheels, KEY, "2.0", changes=SECOND)
    with zipfile.ZipFile(first) as archive:
        archive.extractall(folder / "site")
    environ = {**os.environ, "PYTHONPATH": str(folder / "site")}
    urls, controls = {}, {}
    # One process for each: Bluesky's servers have no path of their own.
    for key in ("bluesky", KEY):
        command = [sys.executable, "-m", "mpcas2_server.cli", "sandbox", key, "--json"]
        _, told = stack.enter_context(started(command, environ, folder / f"{key}.err"))
        urls[key], controls[key] = told["networks"][0]["url"], told["networks"][0]["control"]
    here = Environment(
        folder,
        {
            "MPCAS2_PORT": str(free_port()),
            "MPCAS2_POLL_SECONDS": "0.2",
            "MPCAS2_BACKOFF_SECONDS": "0.5",
            "MPCAS2_ALLOW_PRIVATE_HOSTS": "127.0.0.1",
            "MPCAS2_ACME_API_URL": urls[KEY],
            "MPCAS2_ACME_WEB_URL": urls[KEY],
            "ACME_CLIENT_ID": "practice-client",
            "ACME_CLIENT_SECRET": "practice-secret",
        },
    )
    _, address = stack.enter_context(running(here))
    body = {"email": "a@example.org", "password": "Correct-Horse-7"}
    body |= {"name": "Ada", "tenantName": "Studio"}
    http = stack.enter_context(
        httpx.Client(base_url=f"{address}/api/v1", timeout=60, trust_env=False)
    )
    signed = http.post("/auth/register", json=body).raise_for_status().json()
    http.headers["authorization"] = f"Bearer {signed['accessToken']}"
    drill = Drill(here, http, controls)
    person = httpx.get(f"{drill.networks['bluesky']}/accounts").json()["accounts"][0]
    typed = {"identifier": person["handle"], "appPassword": person["appPassword"]}
    typed["server"] = urls["bluesky"]
    connect = {"platform": "bluesky", "credentials": typed}
    made = http.post("/social-accounts", json=connect).raise_for_status().json()
    drill.accounts["bluesky"] = made["id"]
    return drill, wheels


def connect(drill: Drill) -> None:
    """Connects the account on the network of the plugin, through its consent page."""
    asked = drill.http.post("/social-accounts", json={"platform": KEY}).raise_for_status().json()
    order = {"url": asked["authUrl"], "account": "ada"}
    control = drill.networks[KEY]
    back = httpx.post(f"{control}/oauth/consent", json=order).raise_for_status().json()
    httpx.get(back["location"], timeout=30, trust_env=False)
    ended = drill.http.get(f"/social-accounts/connections/{asked['connectionId']}").json()
    drill.accounts[KEY] = ended["accountId"]


def rehearse(drill: Drill, wheels: Path) -> None:
    """Goes through the release, step by step."""
    local = ("--find-links", str(wheels), "--no-index", "--yes", "--json")
    name = "mpcas2-platform-acme"
    control = drill.networks[KEY]

    told = drill.here.run("plugin", "install", f"{name}==1.0", *local).json()
    drill.note("install 1.0", f"level {told['level']}, renewed {told['renewed']}")
    connect(drill)
    drill.published(drill.post(KEY, "before"))

    httpx.post(f"{control}/faults", json=RETIRED).raise_for_status()
    refused = drill.post(KEY, "into the retired version")
    story = drill.wait(refused, lambda one: one["state"] in {"failed", "retrying"})
    drill.note("version 1 retired", f"{story['state']}: {story['error']['message']}")

    hold = {"action": "hold_before", "path": "/publish", "times": 1}
    told = drill.here.run("plugin", "upgrade", KEY, "2.0", *local).json()
    drill.note("upgrade to 2.0", f"level {told['level']}, renewed {told['renewed']}")
    drill.http.post(f"/jobs/{refused}/retry").raise_for_status()
    drill.published(refused)
    drill.note("the refused post, tried again", "published")

    later = datetime.now(UTC) + timedelta(days=1)
    planned = drill.post(KEY, "planned", at=later)
    kept = drill.here.run("plugin", "remove", KEY, "--yes", "--json").error()
    drill.note("remove while a post is planned", kept["message"])
    drill.here.run("plugin", "remove", KEY, "--park", "--yes", "--json").json()
    due = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    drill.http.post(f"/jobs/{planned}/reschedule", json={"scheduleAt": due}).raise_for_status()
    story = drill.wait(planned, lambda one: one.get("error") is not None)
    drill.note("remove with --park", f"{story['state']}: {story['error']['message']}")
    drill.here.run("plugin", "install", f"{name}==2.0", "--no-check", *local).json()
    drill.published(planned)
    drill.note("install 2.0 again", "the parked post is published")

    httpx.delete(f"{control}/faults").raise_for_status()
    httpx.post(f"{control}/faults", json=hold).raise_for_status()
    held = drill.post(KEY, "on its way while versions change")
    until = time.monotonic() + SECONDS
    while not (waiting := httpx.get(f"{control}/held").json()["held"]):
        if time.monotonic() > until:
            raise TimeoutError("The post did not set out.")
        time.sleep(0.05)
    release = threading.Timer(
        12.0, lambda: httpx.post(f"{control}/held/release-all", json={"action": "continue"})
    )
    release.start()
    told = drill.here.run("plugin", "install", f"{name}==1.0", "--no-check", *local).json()
    release.join()
    drill.note("back to 1.0 with a post on its way", f"held {len(waiting)}, {told['renewed']}")
    drill.published(held)
    drill.note("attempts of that post", str(len(drill.job(held)["attempts"])))
    told = drill.here.run("plugin", "rollback", KEY, "--yes", "--json").json()
    drill.note("rollback", f"to {told['version']}")
    drill.published(drill.post(KEY, "after"))


def summary(drill: Drill) -> str:
    """Tells the drill as a Markdown table."""
    rows = [f"| {what} | {seen} |" for what, seen in drill.seen]
    return "\n".join(["| step | seen |", "|---|---|", *rows])


if __name__ == "__main__":
    sys.exit(main())
