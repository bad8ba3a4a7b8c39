"""A tenant that knows the API of the release before this one, and speaks it to whichever server it is given."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image
from waiting import until

from mpcas2_sandbox import SandboxProcess

__all__ = ("Studio",)


class Studio:
    """One tenant with an account on the practice network.

    Args:
        address: Of the server where it signs up.
        network: The practice network.
        account: One of its accounts, as its control API tells of it.
    """

    def __init__(self, address: str, network: SandboxProcess, account: dict[str, Any]) -> None:
        self.network = network
        self.did: str = account["did"]
        self.jobs: dict[str, str] = {}
        self.http = httpx.Client(timeout=60, trust_env=False)
        self.move(address)
        body = {
            "email": f"{uuid4().hex[:12]}@example.org",
            "password": "Correct-horse-7",
            "name": "Ada",
            "tenantName": f"Studio {account['handle']}",
        }
        token = self._call("POST", "/auth/register", body)["accessToken"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        credentials = {
            "identifier": account["handle"],
            "appPassword": account["appPassword"],
            "server": network.url,
        }
        grant = {"platform": "bluesky", "credentials": credentials}
        self.account_id: str = self._call("POST", "/social-accounts", grant)["id"]

    def move(self, address: str) -> None:
        """Speaks to another server from now on."""
        self.http.base_url = httpx.URL(f"{address}/api/v1")

    def refusal(self, address: str) -> str | None:
        """Asks a server for the jobs; gives the code of its refusal, None when it serves."""
        answer = self.http.get(f"{address}/api/v1/jobs")
        if answer.is_success:
            return None
        code: str = answer.json()["error"]["code"]
        return code

    def publish(self, text: str, *, at: str | None = None, picture: bool = False) -> str:
        """Asks for a post and gives its job.

        Args:
            text: Its text begins with it.
            at: When; now by default.
            picture: Whether it shows a picture.
        """
        text = f"{text} {uuid4().hex[:8]}"
        content: dict[str, str] = {"type": "text", "title": text, "text": text}
        if picture:
            content = {"type": "image", "title": text, "altText": "A red dot"}
        order: dict[str, Any] = {
            "contentId": self._content(content)["id"],
            "accounts": [{"socialAccountId": self.account_id, "platform": "bluesky"}],
            "metadata": {"text": text},
        }
        if at is not None:
            order["scheduleAt"] = at
        job: str = self._call("POST", "/publish", order)["jobs"][0]["id"]
        self.jobs[job] = text
        return job

    def state(self, job: str) -> str:
        """Gives the state of a job."""
        state: str = self._call("GET", f"/jobs/{job}")["state"]
        return state

    def wait(self, job: str) -> None:
        """Waits until a job is published."""

        def published() -> bool:
            state = self.state(job)
            assert state not in {"failed", "missed", "cancelled"}, self._call("GET", f"/jobs/{job}")
            return state == "published"

        try:
            until(published, why=f"{self.jobs[job]!r} is published", seconds=60)
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self._call('GET', f'/jobs/{job}')}") from None

    def posts(self) -> list[str]:
        """Gives the texts on the network, sorted."""
        stored = self.network.control.call("GET", f"posts?did={self.did}")["posts"]
        return sorted(str(post["record"]["text"]) for post in stored)

    def pictures(self) -> int:
        """Counts the posts on the network that show a picture."""
        stored = self.network.control.call("GET", f"posts?did={self.did}")["posts"]
        return sum("embed" in post["record"] for post in stored)

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()

    def _content(self, content: dict[str, str]) -> Any:
        if content["type"] == "text":
            return self._call("POST", "/content", content)
        out = io.BytesIO()
        Image.new("RGB", (32, 32), "red").save(out, "PNG")
        answer = self.http.post(
            "/content", data=content, files={"file": ("dot.png", out.getvalue())}
        )
        assert answer.is_success, answer.text
        return answer.json()

    def _call(self, method: str, path: str, body: object = None) -> Any:
        answer = self.http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()
