"""The demonstration itself: what is done, in order, and what is waited for."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mpcas2_server.cli.failures import CliError
from mpcas2_server.cli.progress import is_settled
from mpcas2_server.cli.session import SessionFile, SignIn, session_path
from mpcas2_server.client import Client
from mpcas2_server.demo.claims import claim_of
from mpcas2_server.demo.connecting import connect_by_consent, connect_by_form
from mpcas2_server.demo.files import DemoFiles
from mpcas2_server.demo.home import DemoHome
from mpcas2_server.demo.network import SLOW_SECONDS, PracticeNetwork
from mpcas2_server.demo.posts import BLUESKY, NETWORKS, YOUTUBE, Plan, X, plans
from mpcas2_server.demo.practice import product_settings
from mpcas2_server.demo.processes import WORKERS, Processes
from mpcas2_server.demo.screen import Screen, line_of
from mpcas2_server.demo.sightings import sightings
from mpcas2_server.demo.timeline import Interference
from mpcas2_server.demo.verdict import Verdict, judge

__all__ = ("EMAIL", "Demonstration")

EMAIL = "ada@example.org"
TENANT = "Ada's studio"
_START_SECONDS = 90.0
_STEP_SECONDS = 30.0
_SETTLE_SECONDS = 60.0
_THROTTLE_SECONDS = 2
_PAUSE = 0.1
_LOOK_SECONDS = 0.2
# A send ends after 2 s; whoever wants to strike in its middle has to look often.
_QUICK_PAUSE = 0.02
_SUPERVISED = "is started again"

_T = TypeVar("_T")


class Demonstration:
    """Runs the story once.

    Args:
        home: Its folder.
        processes: Its processes.
        screen: Where it is shown.
    """

    def __init__(self, home: DemoHome, processes: Processes, screen: Screen) -> None:
        self.password = f"Demo-{secrets.token_urlsafe(9)}-1a"
        self.address = f"http://127.0.0.1:{processes.port}"
        self.docs = ""
        self.names: dict[str, str] = {}
        self.networks: dict[str, PracticeNetwork] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.done_to: dict[str, list[Interference]] = {}
        self._processes = processes
        self._screen = screen
        self._files = DemoFiles(home.path)
        self._plans: dict[str, Plan] = {}
        self._accounts: dict[str, dict[str, Any]] = {}
        self._client: Client | None = None

    @property
    def titles(self) -> dict[str, str]:
        """The posts' titles by their keys, in the order in which they are shown."""
        return {
            key: f"{self.names[plan.network]} {plan.title}" for key, plan in self._plans.items()
        }

    def close(self) -> None:
        """Closes the connections."""
        for one in (self._client, *self.networks.values()):
            if one is not None:
                one.close()

    def run(self) -> Verdict:
        """Plays all acts and counts on the networks' side.

        Raises:
            CliError: A step failed; the message says which.
        """
        self._start()
        self._sign_up()
        self._connect()
        self._upload()
        self._kill_a_worker()
        self._break_an_upload()
        self._throttle_and_lose()
        self._screen.doing("Waiting until every post is settled …")
        self._wait("every post is settled", self._all_settled, seconds=_SETTLE_SECONDS)
        if "bluesky-text" in self.done_to:
            self._wait(
                "the dead worker is replaced", lambda: _SUPERVISED in self._processes.said("up")
            )
        return self._count()

    def _start(self) -> None:
        self._screen.doing("Starting practice networks: X, Bluesky and YouTube …")
        self._processes.start_networks()
        ready = self._wait(
            "the practice networks listen",
            lambda: self._processes.ready("networks"),
            seconds=_START_SECONDS,
        )
        for one in ready["networks"]:
            key = one["network"]
            self.networks[key] = PracticeNetwork(key, one["url"], one["control"])
        self._screen.doing(
            f"Starting PostgreSQL, Valkey, the API and {WORKERS} workers; making a film …"
        )
        self._processes.start_product(
            product_settings({key: one.url for key, one in self.networks.items()})
        )
        self._files.make()
        running = self._wait(
            "the product answers", lambda: self._processes.ready("up"), seconds=_START_SECONDS
        )
        self.docs = running["docs"]
        names = {"postgres": "PostgreSQL", "valkey": "Valkey"}
        servers = ", ".join(f"{names[one['name']]} {one['version']}" for one in running["servers"])
        self._screen.done(f"{servers}, API and {WORKERS} workers: {self.address}")

    def _sign_up(self) -> None:
        person = ("--email", EMAIL, "--name", "Ada", "--tenant", TENANT)
        shown = f'mpcas2 register --email {EMAIL} --tenant "{TENANT}"'
        self._screen.doing(f"$ {shown}")
        command = self._processes.command(
            *("register", *person, "--server", self.address, "--password-stdin"),
            shown=shown,
            secret=self.password,
        )
        self._wait(f"`{shown}` ends", command.ended)
        command.answer()
        self._client = Client(self.address, tokens=self._sign_in())
        self.names = {one["key"]: one["title"] for one in self._api().get("/platforms")["data"]}
        self._screen.done(f'{EMAIL} signed up, with the tenant "{TENANT}"')

    def _connect(self) -> None:
        handles: dict[str, list[str]] = {}
        for key in NETWORKS:
            network, name = self.networks[key], self.names[key]
            people = network.accounts()
            handles[key] = [one["handle"] for one in people]
            by_form = "appPassword" in people[0]
            way = "its form" if by_form else "its consent page"
            self._screen.doing(f"POST /api/v1/social-accounts: {name} through {way} …")
            connect = connect_by_form if by_form else connect_by_consent
            self._accounts[key] = connect(self._api(), network, people[0])
            who = self._accounts[key]["username"].removeprefix("@")
            self._screen.done(f"{name} @{who} connected through {way}: {network.url}")
        self._plans = plans(mentioned=handles[BLUESKY][1])

    def _upload(self) -> None:
        done: dict[str, int] = {}

        def show(name: str, through: int, size: int) -> None:
            done[name] = size
            self._screen.going_on(f"Uploading {name}: {100 * through // size} %")

        self._files.upload(self._api(), self._sign_in(), show)
        film, *pictures = done
        told = f"{film}, {done[film] / 1e6:.1f} MB, over the resumable protocol (tus)"
        self._screen.done(f"Uploaded {told}; and {len(pictures)} pictures")

    def _kill_a_worker(self) -> None:
        bluesky = self.networks[BLUESKY]
        bluesky.break_next_send("hold_before")
        self._publish("bluesky-text")
        worker = self._unless_settled(
            "bluesky-text",
            "a worker sends the post that it is killed in",
            lambda: None if bluesky.held() is None else self._sender("bluesky-text"),
            pause=_QUICK_PAUSE,
        )
        if worker is None:
            return
        os.kill(worker, signal.SIGKILL)
        told = f"worker {worker} is killed (SIGKILL) in the middle of the send"
        self._note("bluesky-text", told, datetime.now(UTC))
        held = self._wait(
            "the network sees that the sender is dead",
            lambda: bluesky.held(client_gone=True),
            pause=_QUICK_PAUSE,
        )
        bluesky.release(held)
        self._note("bluesky-text", "its request arrives all the same", datetime.now(UTC))

    def _break_an_upload(self) -> None:
        youtube = self.networks[YOUTUBE]
        for key in (X, YOUTUBE):
            self.networks[key].be_slow()
        youtube.break_next_send("cut_after")
        self._publish("youtube-video")
        cut = self._struck("youtube-video", "cut_after")
        arrived, size = youtube.latest_upload()
        told = f"YouTube cuts the line after {arrived:,} of {size:,} bytes"
        self._note("youtube-video", told, cut)
        # Only now, so that the fault met the post that it was meant for.
        self._publish("youtube-scheduled")

    def _throttle_and_lose(self) -> None:
        x, bluesky = self.networks[X], self.networks[BLUESKY]
        x.break_next_send("cut_after", after=1)
        bluesky.throttle_next_send(_THROTTLE_SECONDS, after=1)
        self._publish("x-thread")
        self._publish("bluesky-thread")
        told = "X takes part 2; the line is cut before its answer"
        self._note("x-thread", told, self._struck("x-thread", "cut_after"))
        self._wait("the thread on X is out", lambda: is_settled(self.jobs["x-thread"]))
        told = f"answers 429: come back in {_THROTTLE_SECONDS} s"
        self._note("bluesky-thread", f"Bluesky {told}", self._struck("bluesky-thread", "status"))
        x.throttle_next_send(_THROTTLE_SECONDS)
        self._publish("x-text")
        self._note("x-text", f"X {told}", self._struck("x-text", "status"))
        self._publish("x-video")
        told = f"X takes {SLOW_SECONDS} s to process the film"
        self._note("x-video", told, datetime.now(UTC))
        self._publish("bluesky-picture")

    def _struck(self, key: str, action: str) -> datetime | None:
        """Waits until a fault met a post; gives None for a post that ended before."""
        network = self.networks[self._plans[key].network]
        what = f"a fault meets the post {self.titles[key]!r}"
        return self._unless_settled(key, what, lambda: network.struck(action))

    def _unless_settled(
        self, key: str, what: str, condition: Callable[[], _T | None], *, pause: float = _PAUSE
    ) -> _T | None:
        """Waits for something that happens to a post, or until nothing more can happen to it."""

        def happened() -> tuple[_T | None] | None:
            ended = is_settled(self.jobs[key])
            found = condition()
            return (found,) if found is not None or ended else None

        return self._wait(what, happened, pause=pause)[0]

    def _count(self) -> Verdict:
        self._screen.doing("Counting on the networks' side, and opening each link …")
        self._look()
        claims = [
            claim_of(
                plan,
                self.titles[key],
                self.jobs[key],
                self._files.digest,
                self.networks[plan.network].opens,
            )
            for key, plan in self._plans.items()
        ]
        return judge(claims, {key: sightings(key, self.networks[key].posts()) for key in NETWORKS})

    def _sender(self, key: str) -> int | None:
        """Gives the process id of the worker that is sending a post at this moment."""
        for attempt in self._api().get(f"/jobs/{self.jobs[key]['id']}")["attempts"]:
            if "markedAt" in attempt and "finishedAt" not in attempt:
                return int(attempt["worker"].rsplit("-", 2)[-2])
        return None

    def _publish(self, key: str) -> None:
        plan, account = self._plans[key], self._accounts[self._plans[key].network]
        self._screen.doing(f"POST /api/v1/publish: {self.titles[key]}")
        name = plan.parts[0].file
        content = self._files.content[name] if name else self._text_content(plan)
        when: dict[str, Any] = {"publishNow": True}
        if plan.wait:
            when = {"scheduleAt": (datetime.now(UTC) + timedelta(seconds=plan.wait)).isoformat()}
        answer = self._api().post(
            "/publish",
            {
                "contentId": content,
                "accounts": [{"socialAccountId": account["id"], "platform": plan.network}],
                "metadata": plan.wishes(self._files.content),
                **when,
            },
        )
        self.jobs[key] = self._api().get(f"/jobs/{answer['jobs'][0]['id']}")

    def _text_content(self, plan: Plan) -> str:
        text = plan.parts[0].text
        made = self._api().post("/content", {"type": "text", "title": plan.title, "text": text})
        return str(made["id"])

    def _wait(
        self,
        what: str,
        condition: Callable[[], _T | None],
        *,
        seconds: float = _STEP_SECONDS,
        pause: float = _PAUSE,
    ) -> _T:
        """Waits until a condition gives something, and keeps the screen fresh meanwhile."""
        until = time.monotonic() + seconds
        looked = 0.0
        while True:
            self._processes.check()
            if time.monotonic() - looked >= _LOOK_SECONDS:
                looked = time.monotonic()
                self._look()
            found = condition()
            if found:
                return found
            if time.monotonic() > until:
                raise CliError(
                    f"The demonstration waited {seconds:g} s in vain until {what}.",
                    code="DEMO_FAILED",
                )
            time.sleep(pause)

    def _look(self) -> None:
        """Asks how the posts stand, and shows it."""
        for key, job in self.jobs.items():
            if not is_settled(job):
                self.jobs[key] = self._api().get(f"/jobs/{job['id']}")
        self._screen.posts(
            [
                line_of(title, self.jobs.get(key), self.done_to.get(key, ()))
                for key, title in self.titles.items()
            ]
        )

    def _all_settled(self) -> bool:
        return all(map(is_settled, self.jobs.values()))

    def _note(self, key: str, told: str, at: datetime | None) -> None:
        # A fault that never came is not told of; the count says what went wrong instead.
        if at is not None:
            self.done_to.setdefault(key, []).append(Interference(at=at, told=told))

    def _sign_in(self) -> SignIn:
        return SignIn(SessionFile(session_path(self._processes.environment)), self.address)

    def _api(self) -> Client:
        if self._client is None:
            raise CliError("Nobody is signed in yet.", code="DEMO_FAILED")
        return self._client
