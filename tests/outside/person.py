"""A person with a sign-in, an account on the practice network, a terminal and an HTTP client."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from tests.outside.installation import Installation, Result, base_environment, mpcas2
from waiting import until

from mpcas2_sandbox import SandboxProcess

__all__ = ("ENDED", "PASSWORD", "Person")

PASSWORD = "Correct-horse-7"
ENDED = frozenset({"published", "failed", "missed", "cancelled", "unconfirmed"})


class Person:
    """Acts from outside only: by commands, by requests, and by looking at the network.

    Args:
        installation: Where the person signs up.
        network: Where the person has an account.
        folder: The person's own home on this machine.
    """

    def __init__(self, installation: Installation, network: SandboxProcess, folder: Path) -> None:
        self.email = f"{uuid4().hex[:12]}@example.org"
        self.network = network
        folder.mkdir(parents=True, exist_ok=True)
        self.home = folder / ".mpcas2"
        self.environment = {
            **base_environment(folder),
            "MPCAS2_HOME": str(self.home),
            "MPCAS2_SERVER": installation.address,
        }
        made = network.control.call("POST", "accounts", {"count": 1})["accounts"][0]
        self.handle: str = made["handle"]
        self.app_password: str = made["appPassword"]
        self.did: str = made["did"]
        self.account_id = ""
        self.http = httpx.Client(
            base_url=f"{installation.address}/api/v1", timeout=60, trust_env=False
        )

    def sign_up(self) -> None:
        """Registers over REST."""
        body = {
            "email": self.email,
            "password": PASSWORD,
            "name": "Ada",
            "tenantName": f"Studio {self.email}",
        }
        told = self.call("POST", "/auth/register", body, status=201)
        self.http.headers["Authorization"] = f"Bearer {told['accessToken']}"

    def connect(self) -> dict[str, Any]:
        """Connects the account over REST; a second time renews it."""
        answer = self.http.post(
            "/social-accounts", json={"platform": "bluesky", "credentials": self.credentials()}
        )
        assert answer.status_code in {200, 201}, answer.text
        told: dict[str, Any] = answer.json()
        self.account_id = told["id"]
        return told

    def credentials(self) -> dict[str, str]:
        """Gives the filled-in form of the network."""
        return {
            "identifier": self.handle,
            "appPassword": self.app_password,
            "server": self.network.url,
        }

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()

    def cli(self, *arguments: str, stdin: str = "", within: Sequence[str] = ()) -> Result:
        """Runs a command as this person, who signs in before the first one.

        Args:
            *arguments: What stands after ``mpcas2``.
            stdin: What the command can read.
            within: Another command that runs it.
        """
        if not (self.home / "session.json").exists():
            self.sign_in()
        return mpcas2(*arguments, environment=self.environment, stdin=stdin, within=within)

    def sign_in(self) -> None:
        """Runs `mpcas2 login`."""
        done = mpcas2(
            *("login", "--email", self.email, "--password-stdin"),
            environment=self.environment,
            stdin=PASSWORD,
        )
        assert done.code == 0, done.err

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Makes a request that has to be answered with a status, and gives its JSON."""
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, f"{answer.status_code} {answer.text}"
        return answer.json()

    def write(self, text: str) -> str:
        """Makes a text and gives its id."""
        body = {"type": "text", "title": text[:80], "text": text}
        content_id: str = self.call("POST", "/content", body, status=201)["id"]
        return content_id

    def order(self, content_id: str, **more: Any) -> dict[str, Any]:
        """Gives the body of a request to publish to the person's account."""
        account = {"socialAccountId": self.account_id, "platform": "bluesky"}
        return {"contentId": content_id, "accounts": [account], **more}

    def publish(self, text: str, **more: Any) -> dict[str, Any]:
        """Asks over REST for a post of a text and gives its job."""
        order = self.order(self.write(text), **more)
        job: dict[str, Any] = self.call("POST", "/publish", order, status=202)["jobs"][0]
        return job

    def job(self, job_id: str) -> dict[str, Any]:
        """Gives a job's story."""
        story: dict[str, Any] = self.call("GET", f"/jobs/{job_id}")
        return story

    def wait(self, job_id: str, *states: str, seconds: float = 60.0) -> dict[str, Any]:
        """Waits until a job is in a state; any in which it rests by default."""
        wanted = set(states) or ENDED

        def reached() -> dict[str, Any] | None:
            story = self.job(job_id)
            return story if story["state"] in wanted else None

        try:
            return until(reached, why=f"{job_id} {' or '.join(wanted)}", seconds=seconds)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{json.dumps(self.job(job_id), indent=1)}") from None

    def posts(self, text: str | None = None) -> list[dict[str, Any]]:
        """Gives the records on the network, the oldest first; only those of a text if one is given."""
        stored = self.network.control.call("GET", f"posts?did={self.did}")["posts"]
        stored.sort(key=lambda post: str(post["createdAtServer"]))
        return [one for one in stored if text is None or one["record"]["text"] == text]

    def totals(self) -> tuple[int, int, int]:
        """Counts the person's content, jobs and posts on the network."""
        content, jobs = (
            self.call("GET", f"/{what}?limit=1")["pagination"]["total"]
            for what in ("content", "jobs")
        )
        return content, jobs, len(self.posts())
