"""The demonstration itself: what is done, in order, and what is waited for."""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from mpcas2_server.cli.failures import CliError
from mpcas2_server.cli.progress import is_settled
from mpcas2_server.cli.session import SessionFile, SignIn, session_path
from mpcas2_server.client import Client
from mpcas2_server.demo.home import DemoHome
from mpcas2_server.demo.network import PracticeNetwork
from mpcas2_server.demo.picture import draw_picture
from mpcas2_server.demo.posts import HANDLE, Plan, plans
from mpcas2_server.demo.processes import WORKERS, Processes
from mpcas2_server.demo.screen import PostLine, Screen
from mpcas2_server.demo.timeline import Interference, in_few_words, last_line
from mpcas2_server.demo.verdict import Claim, Verdict, judge

__all__ = ("EMAIL", "Demonstration")

EMAIL = "ada@example.org"
TENANT = "Ada's studio"
_START_SECONDS = 90.0
_STEP_SECONDS = 30.0
_SETTLE_SECONDS = 60.0
_PAUSE = 0.1
# A send ends after 2 s; whoever wants to strike in its middle has to look often.
_QUICK_PAUSE = 0.02
# So much before its time, the scheduled post is let pass before a fault is laid out.
_WIDE_BERTH_SECONDS = 3.0
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
        self.jobs: dict[str, dict[str, Any]] = {}
        self.done_to: dict[str, list[Interference]] = {}
        self._home = home
        self._processes = processes
        self._screen = screen
        self._plans: dict[str, Plan] = {}
        self._client: Client | None = None
        self._network: PracticeNetwork | None = None

    @property
    def network(self) -> PracticeNetwork:
        """The practice network, once it runs."""
        if self._network is None:
            raise CliError("The practice network does not run yet.", code="DEMO_FAILED")
        return self._network

    @property
    def titles(self) -> dict[str, str]:
        """The posts' titles by their keys, in the order of the table."""
        return {key: plan.title for key, plan in self._plans.items()}

    def close(self) -> None:
        """Closes the connections."""
        for one in (self._client, self._network):
            if one is not None:
                one.close()

    def run(self) -> Verdict:
        """Plays all acts and counts on the network's side.

        Raises:
            CliError: A step failed; the message says which.
        """
        self._start()
        self._sign_up()
        self._publish_plainly()
        self._lose_an_answer()
        self._kill_a_worker()
        self._screen.doing("Waiting until every post is settled …")
        self._wait("every post is settled", self._all_settled, seconds=_SETTLE_SECONDS)
        return judge([self._claim(key) for key in self._plans], self.network.posts())

    def _start(self) -> None:
        self._screen.doing(
            "Starting PostgreSQL, Valkey, the API, two workers, a practice network …"
        )
        self._processes.start()
        network = self._wait(
            "the practice network listens",
            lambda: self._processes.ready("network"),
            seconds=_START_SECONDS,
        )["networks"][0]
        self._network = PracticeNetwork(network["url"], network["control"])
        running = self._wait(
            "the product answers", lambda: self._processes.ready("up"), seconds=_START_SECONDS
        )
        self.docs = running["docs"]
        names = {"postgres": "PostgreSQL", "valkey": "Valkey"}
        servers = ", ".join(f"{names[one['name']]} {one['version']}" for one in running["servers"])
        self._screen.done(f"{servers}, API and {WORKERS} workers: {self.address}")
        self._screen.done(f"A practice Bluesky, in a process of its own: {self.network.url}")

    def _sign_up(self) -> None:
        person = ("--email", EMAIL, "--name", "Ada", "--tenant", TENANT)
        self._command(
            *("register", *person, "--server", self.address, "--password-stdin"),
            shown=f'mpcas2 register --email {EMAIL} --tenant "{TENANT}"',
            secret=self.password,
        )
        file = SessionFile(session_path(self._processes.environment))
        self._client = Client(self.address, tokens=SignIn(file, self.address))
        fields = (
            f"identifier={HANDLE}",
            f"server={self.network.url}",
            f"webUrl={self.network.url}",
        )
        account = self._command(
            *("account", "connect", "bluesky", "--secret-stdin", "appPassword"),
            *(part for field in fields for part in ("--field", field)),
            shown=f"mpcas2 account connect bluesky --field identifier={HANDLE}",
            secret=self.network.account(HANDLE)["appPassword"],
        )
        self._screen.done(
            f'Tenant "{TENANT}", with the account bluesky:@{account["username"]} connected'
        )

    def _publish_plainly(self) -> None:
        picture = self._home.path / "picture.jpg"
        draw_picture(picture, datetime.now().astimezone())
        self._plans = plans(picture)
        for key in ("scheduled", "picture", "thread"):
            self._publish(key)
        for key in ("picture", "thread"):
            self._wait(f"the post {self.titles[key]!r} is out", lambda key=key: self._settled(key))  # type: ignore[misc]  # mypy cannot infer a lambda with a default

    def _lose_an_answer(self) -> None:
        self._keep_clear_of_the_scheduled_post()
        self.network.break_next_send("cut_after")
        self._publish("lost")
        cut = self._wait("the answer of a post is lost", lambda: self.network.struck("cut_after"))
        self._note("lost", "the network takes it; the line is cut before its answer", at=cut)
        self._wait("the post whose answer was lost is settled", lambda: self._settled("lost"))

    def _kill_a_worker(self) -> None:
        self._keep_clear_of_the_scheduled_post()
        self.network.break_next_send("hold_before")
        killed: list[int] = []

        def strike() -> int | None:
            if not killed and self.network.held() is not None:
                worker = self._sender()
                if worker is not None:
                    os.kill(worker, signal.SIGKILL)
                    told = f"worker {worker} is killed (SIGKILL) in the middle of the send"
                    self._note("killed", told)
                    killed.append(worker)
            return killed[0] if killed else None

        self._publish("killed", meanwhile=strike)
        self._wait("a worker sends the post that it is killed in", strike, pause=_QUICK_PAUSE)
        held = self._wait(
            "the network sees that the sender is dead",
            lambda: self.network.held(client_gone=True),
            pause=_QUICK_PAUSE,
        )
        self.network.release(held)
        self._note("killed", "its request arrives all the same")
        self._screen.doing("One worker is dead; the other takes over when its lease ends …")
        self._wait("the dead worker is replaced", self._replaced)
        self._screen.done("The supervisor starts a worker in the place of the dead one")

    def _keep_clear_of_the_scheduled_post(self) -> None:
        """Lets the scheduled post pass when it is about to go out: the fault is meant for another."""
        due = datetime.fromisoformat(self.jobs["scheduled"]["scheduledAt"])
        if (due - datetime.now(UTC)).total_seconds() < _WIDE_BERTH_SECONDS:
            self._wait("the scheduled post is out", lambda: self._settled("scheduled"))

    def _sender(self) -> int | None:
        """Gives the process id of the worker that is sending a post at this moment."""
        for job in self._api().get("/jobs", state="processing")["data"]:
            for attempt in self._api().get(f"/jobs/{job['id']}")["attempts"]:
                if "markedAt" in attempt and "finishedAt" not in attempt:
                    return int(attempt["worker"].rsplit("-", 2)[-2])
        return None

    def _replaced(self) -> bool:
        return _SUPERVISED in self._processes.said("up")

    def _publish(self, key: str, *, meanwhile: Callable[[], object] | None = None) -> None:
        plan = self._plans[key]
        answer = self._command("publish", *plan.arguments, shown=plan.shown, meanwhile=meanwhile)
        self.jobs[key] = self._api().get(f"/jobs/{answer['jobs'][0]['id']}")

    def _command(
        self,
        *arguments: str,
        shown: str,
        secret: str = "",
        meanwhile: Callable[[], object] | None = None,
    ) -> Any:
        self._screen.doing(f"$ {shown}")
        command = self._processes.command(*arguments, shown=shown, secret=secret)

        def ended() -> bool:
            if meanwhile is not None:
                meanwhile()
            return command.ended()

        self._wait(f"`{shown}` ends", ended, pause=_QUICK_PAUSE)
        return command.answer()

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
            if time.monotonic() - looked >= _PAUSE:
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
        self._screen.posts([self._line(key) for key in self._plans])

    def _line(self, key: str) -> PostLine:
        job = self.jobs.get(key)
        if job is None:
            return PostLine(title=self.titles[key])
        return PostLine(
            title=self.titles[key],
            state=job["state"],
            attempts=len(job["attempts"]),
            told=last_line(job, self.done_to.get(key, ())),
            settled=is_settled(job),
        )

    def _settled(self, key: str) -> bool:
        return is_settled(self.jobs[key])

    def _all_settled(self) -> bool:
        return all(map(is_settled, self.jobs.values()))

    def _note(self, key: str, told: str, *, at: datetime | None = None) -> None:
        moment = at or datetime.now(UTC)
        self.done_to.setdefault(key, []).append(Interference(at=moment, told=told))

    def _claim(self, key: str) -> Claim:
        job, plan = self.jobs[key], self._plans[key]
        return Claim(
            title=plan.title,
            story=in_few_words(job),
            state=job["state"],
            texts=plan.texts,
            uris=tuple(part.get("postId") for part in job["parts"]),
            alt=plan.alt,
            facets=plan.facets,
        )

    def _api(self) -> Client:
        if self._client is None:
            raise CliError("Nobody is signed in yet.", code="DEMO_FAILED")
        return self._client
