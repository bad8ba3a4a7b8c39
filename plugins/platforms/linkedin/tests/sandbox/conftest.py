"""The practice network in a process of its own, and a small client of LinkedIn's API.

Every exchange of the client is compared with the contract of its route.
"""

import json
import re
import struct
import urllib.parse
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from mpcas2_sandbox import Control, SandboxProcess

CONTRACT = Path(__file__).resolve().parent.parent / "contract"
VERSION = "202607"


class Contract:
    """The files that say what LinkedIn takes and answers."""

    def __init__(self, folder: Path = CONTRACT) -> None:
        shared = json.loads((folder / "shared.json").read_text())["answers"]
        self.files: dict[str, dict[str, Any]] = {}
        for path in sorted(folder.glob("*.json")):
            if path.name != "shared.json":
                told = json.loads(path.read_text())
                lent = {status: shared[status] for status in told["sharedAnswers"]}
                told["answers"] = {**lent, **told["answers"]}
                self.files[path.stem] = told
        self._validators: dict[int, jsonschema.Draft202012Validator] = {}

    def fits(self, value: Any, schema: Any) -> None:
        """Compares a value with a schema of these files."""
        # The files stay as they are, so the schema's identity is enough to know it by.
        validator = self._validators.get(id(schema))
        if validator is None:
            jsonschema.Draft202012Validator.check_schema(schema)
            validator = self._validators[id(schema)] = jsonschema.Draft202012Validator(schema)
        validator.validate(value)

    def of(self, method: str, path: str, query: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """Returns the file of a route, by name; the query tells apart what shares a path."""
        fits = []
        for name, told in self.files.items():
            asked = told["request"]
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(asked["path"]))
            if asked["method"] == method and re.fullmatch(pattern, path):
                wanted = asked["query"].get("properties", {}).get("action", {}).get("const")
                fits.append((wanted not in {None, query.get("action")}, name, told))
        assert fits, f"no contract for {method} {path}"
        return min(fits, key=lambda one: one[0])[1:]

    def check(self, answer: httpx.Response) -> None:
        """Compares an answer, and a request that was taken, with the contract."""
        request = answer.request
        path = request.url.raw_path.decode().partition("?")[0]
        query = dict(urllib.parse.parse_qsl(request.url.query.decode(), keep_blank_values=True))
        name, told = self.of(request.method, path, query)
        status = str(answer.status_code)
        assert status in told["answers"], f"{name} does not know {status}: {answer.text}"
        told_answer = told["answers"][status]
        if told_answer["body"] is None:
            assert answer.content == b""
        else:
            self.fits(answer.json(), told_answer["body"])
        self.fits(dict(answer.headers), told_answer["headers"])
        if answer.is_success:
            self.fits(query, told["request"]["query"])
            self.fits(dict(request.headers), told["request"]["headers"])
            if told["request"]["bodyType"] == "json":
                self.fits(json.loads(request.content), told["request"]["body"])


def quoted(urn: str) -> str:
    return urllib.parse.quote(urn, safe="")


class LinkedInMember:
    """A client that holds one member's access token."""

    def __init__(
        self, url: str, control: Control, contract: Contract, handle: str, scopes: Any = None
    ) -> None:
        self.url = url
        self.control = control
        self.contract = contract
        order = {"account": handle} | ({} if scopes is None else {"scopes": scopes})
        grant = control.call("POST", "oauth/grants", order)
        self.id: str = grant["accountId"]
        self.urn = f"urn:li:person:{self.id}"
        self.token: str = grant["accessToken"]
        self.headers = {
            "Authorization": f"Bearer {self.token}",
            "LinkedIn-Version": VERSION,
            "X-Restli-Protocol-Version": "2.0.0",
        }
        hooks = {"response": [self._check]}
        self.http = httpx.Client(
            base_url=url,
            headers=self.headers,
            timeout=30,
            trust_env=False,
            verify=False,
            event_hooks=hooks,
        )
        self.bare = httpx.Client(timeout=30, trust_env=False, verify=False, event_hooks=hooks)

    def _check(self, answer: httpx.Response) -> None:
        answer.read()
        if answer.request.url.path.startswith(("/rest/", "/v2/", "/dms-uploads/", "/oauth/")):
            self.contract.check(answer)

    def close(self) -> None:
        self.http.close()
        self.bare.close()

    def body(self, text: str = "hello", **changes: Any) -> dict[str, Any]:
        made: dict[str, Any] = {
            "author": self.urn,
            "commentary": text,
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        return {**made, **changes}

    def post(self, text: str = "hello", **changes: Any) -> httpx.Response:
        return self.http.post("/rest/posts", json=self.body(text, **changes))

    def posted(self, text: str = "hello", **changes: Any) -> str:
        answer = self.post(text, **changes)
        assert answer.status_code == 201, answer.text
        return answer.headers["x-restli-id"]

    def get(self, urn: str) -> httpx.Response:
        return self.http.get(f"/rest/posts/{quoted(urn)}")

    def delete(self, urn: str) -> httpx.Response:
        return self.http.delete(f"/rest/posts/{quoted(urn)}")

    def start(self, kind: str, owner: str = "", **more: Any) -> Any:
        order = {"initializeUploadRequest": {"owner": owner or self.urn, **more}}
        query = {"action": "initializeUpload"}
        answer = self.http.post(f"/rest/{kind}s", params=query, json=order)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    def put(self, url: str, data: bytes) -> httpx.Response:
        return self.bare.put(url, content=data, headers={"Authorization": f"Bearer {self.token}"})

    def image(self, data: bytes | None = None, owner: str = "") -> str:
        value = self.start("image", owner)
        answer = self.put(value["uploadUrl"], self.png() if data is None else data)
        assert answer.status_code == 201, answer.text
        urn: str = value["image"]
        return urn

    def document(self, data: bytes = b"%PDF-1.7 /Type /Page", owner: str = "") -> str:
        value = self.start("document", owner)
        assert self.put(value["uploadUrl"], data).status_code == 201
        self.control.advance_clock(2)
        urn: str = value["document"]
        return urn

    def put_part(self, url: str, data: bytes, **headers: str) -> httpx.Response:
        told = {"Content-Type": "application/octet-stream", **headers}
        return self.bare.put(url, content=data, headers=told)

    def parts(self, value: Any, data: bytes) -> list[str]:
        """Uploads every instructed range and returns the ETags without their quotes."""
        tags = []
        for one in value["uploadInstructions"]:
            piece = data[one["firstByte"] : one["lastByte"] + 1]
            answer = self.put_part(one["uploadUrl"], piece)
            assert answer.status_code == 200, answer.text
            tags.append(answer.headers["etag"].strip('"'))
        return tags

    def finalize(self, value: Any, tags: list[str], token: str | None = None) -> httpx.Response:
        order = {
            "video": value["video"],
            "uploadToken": value["uploadToken"] if token is None else token,
            "uploadedPartIds": tags,
        }
        query = {"action": "finalizeUpload"}
        return self.http.post("/rest/videos", params=query, json={"finalizeUploadRequest": order})

    def video(self, data: bytes | None = None, owner: str = "") -> str:
        data = self.mp4() if data is None else data
        value = self.start("video", owner, fileSizeBytes=len(data))
        assert self.finalize(value, self.parts(value, data)).status_code == 200
        self.control.advance_clock(2)
        urn: str = value["video"]
        return urn

    def status(self, kind: str, urn: str) -> httpx.Response:
        return self.http.get(f"/rest/{kind}s/{quoted(urn)}")

    def comment(self, post: str, text: str = "first", **changes: Any) -> httpx.Response:
        order = {"actor": self.urn, "object": post, "message": {"text": text}, **changes}
        return self.http.post(f"/rest/socialActions/{quoted(post)}/comments", json=order)

    def settings(self, **changes: Any) -> None:
        self.control.call("POST", "settings", changes)

    @property
    def page(self) -> str:
        """The first page that the member administers."""
        pages = self.control.call("GET", "organizations")["organizations"]
        handle = self.control.call("GET", "accounts")["accounts"]
        name = next(one["handle"] for one in handle if one["id"] == self.id)
        urn: str = next(one["urn"] for one in pages if one["roles"].get(name) == "ADMINISTRATOR")
        return urn

    @staticmethod
    def png(width: int = 1, height: int = 1, padding: int = 0) -> bytes:
        def chunk(kind: bytes, data: bytes) -> bytes:
            return (
                struct.pack(">I", len(data))
                + kind
                + data
                + struct.pack(">I", zlib.crc32(kind + data))
            )

        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        pixel = zlib.compress(bytes([0, 64, 128, 255]))
        filler = chunk(b"teXt", b"\0" * padding) if padding else b""
        body = chunk(b"IHDR", header) + filler + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
        return b"\x89PNG\r\n\x1a\n" + body

    @staticmethod
    def mp4(
        size: int = 80_000, seconds: int | None = None, width: int = 640, height: int = 360
    ) -> bytes:
        """Returns bytes that begin as those of a video do, with a header if a length is given."""

        def box(kind: bytes, data: bytes) -> bytes:
            return struct.pack(">I4s", len(data) + 8, kind) + data

        head = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2"
        if seconds is not None:
            movie = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, seconds * 1000))
            track = box(b"tkhd", b"\0" * 76 + struct.pack(">II", width << 16, height << 16))
            head += box(b"moov", movie + box(b"trak", track))
        rest = size - len(head)
        return head + struct.pack(">I4s", rest, b"mdat") + b"\0" * (rest - 8)


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@pytest.fixture(scope="session")
def linkedin_process() -> Iterator[SandboxProcess]:
    with SandboxProcess("linkedin") as process:
        yield process


@pytest.fixture
def linkedin(linkedin_process: SandboxProcess) -> SandboxProcess:
    """The practice network as it is after a reset."""
    linkedin_process.control.reset()
    return linkedin_process


@pytest.fixture
def ada(linkedin: SandboxProcess, contract: Contract) -> Iterator[LinkedInMember]:
    member = LinkedInMember(linkedin.url, linkedin.control, contract, "ada")
    yield member
    member.close()


@pytest.fixture
def bob(linkedin: SandboxProcess, contract: Contract) -> Iterator[LinkedInMember]:
    member = LinkedInMember(linkedin.url, linkedin.control, contract, "bob")
    yield member
    member.close()
