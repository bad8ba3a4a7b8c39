"""Sends a large file over as many connections as it takes, by the tus protocol 1.0.0."""

from __future__ import annotations

import base64
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Self
from urllib.parse import urlsplit

import httpx

from mpcas2_server.cli.failures import CliError, ExitCode
from mpcas2_server.cli.output import clean, console
from mpcas2_server.cli.upload_notes import UploadNotes
from mpcas2_server.client import PREFIX, TIMEOUT, ApiError, ServerUnreachable, TokenSource

__all__ = ("Sender", "send_file", "shown_progress")

STEP = 256 * 1024
# How often in a row nothing at all gets through before the command gives up; what came is kept.
MOST_FAILURES = 8
LONGEST_PAUSE = 10.0
# How long in seconds the server may check a whole file, without an end in sight.
CHECK_STEP, CHECK_PATIENCE = 0.5, 900.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Offsets that do not fit, somebody else's turn, a server that starts again: asking helps.
_PASSING = frozenset({409, 423, 502, 503, 504})
_TUS = {"Tus-Resumable": "1.0.0", "Accept": "application/json"}


class Sender:
    """Uploads at one server. Use it as a context manager.

    Args:
        server: Address of the server, without ``/api/v1``.
        tokens: Where access tokens come from.
        sleep: Waits between attempts.
    """

    def __init__(
        self, server: str, tokens: TokenSource, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.server = server
        self.sleep = sleep
        self._tokens = tokens
        self._http = httpx.Client(
            timeout=TIMEOUT, trust_env=urlsplit(server).hostname not in _LOOPBACK
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def begin(self, size: int, fields: Mapping[str, Any]) -> str:
        """Begins an upload and gives its id.

        Args:
            size: Bytes of the file.
            fields: Fields of content; texts, and ``tags`` as a list.

        Raises:
            ApiError: The server refused.
        """
        packed = ",".join(f"{key} {_packed(value)}" for key, value in fields.items() if value)
        headers = {
            "Upload-Length": str(size),
            "Upload-Metadata": packed,
            "Idempotency-Key": str(uuid.uuid4()),
        }
        return str(self._asked("POST", "/uploads", headers).json()["id"])

    def standing(self, upload_id: str) -> dict[str, Any] | None:
        """Tells how an upload stands; None when the server knows none of that id."""
        try:
            answer: dict[str, Any] = self._asked("GET", f"/uploads/{upload_id}", {}).json()
        except ApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise
        return answer

    def send(
        self,
        upload_id: str,
        file: BinaryIO,
        offset: int,
        size: int,
        advance: Callable[[int], None],
    ) -> None:
        """Sends all bytes from an offset on, over one connection.

        Args:
            upload_id: The upload.
            file: Open for reading.
            offset: Where to begin.
            size: Bytes of the whole file.
            advance: Told how many bytes went out, as they go.

        Raises:
            httpx.TransportError: The connection broke; asking for the offset tells what came.
            ApiError: The server refused.
        """

        def bytes_of() -> Iterator[bytes]:
            file.seek(offset)
            while step := file.read(STEP):
                yield step
                advance(len(step))

        headers = {
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(size - offset),
            "Upload-Offset": str(offset),
        }
        self._judged(self._with_token("PATCH", f"/uploads/{upload_id}", headers, bytes_of))

    def _asked(self, method: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
        for pause in (*_pauses(), None):
            try:
                response = self._with_token(method, path, headers, None)
            except httpx.TransportError as error:
                if pause is None:
                    raise ServerUnreachable(
                        f"{self.server} does not answer ({type(error).__name__}). What was sent is "
                        "kept for 24 hours: run the same command again to go on."
                    ) from error
            else:
                if pause is None or response.status_code not in _PASSING - {409}:
                    return self._judged(response)
            self.sleep(pause)
        raise AssertionError("the last pause is None")

    def _with_token(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: Callable[[], Iterator[bytes]] | None,
    ) -> httpx.Response:
        url = f"{self.server}{PREFIX}{path}"
        token = self._tokens.access_token()
        for last in (False, True):
            response = self._http.request(
                method,
                url,
                headers={**_TUS, **headers, "Authorization": f"Bearer {token}"},
                content=content() if content else None,
            )
            if last or response.status_code != httpx.codes.UNAUTHORIZED:
                break
            token = self._tokens.renewed(token)
        return response

    def _judged(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        try:
            error = response.json()["error"]
            message, code = str(error["message"]), str(error["code"])
        except (ValueError, KeyError, TypeError):
            raise ApiError(
                f"{self.server} answered {response.status_code} in a form that is not MPCAS2's. "
                "Check that the address is that of an MPCAS2 server, of this version or a later one.",
                status=response.status_code,
                code="NOT_OUR_SERVER",
            ) from None
        raise ApiError(
            message,
            status=response.status_code,
            code=code,
            details=error.get("details"),
            request_id=error.get("requestId"),
        )


def send_file(
    sender: Sender,
    notes: UploadNotes,
    key: str,
    path: Path,
    fields: Mapping[str, Any],
    show: Callable[[int], None],
) -> str:
    """Sends a file, going on where an earlier attempt was stopped, and gives its content's id.

    Args:
        sender: Signed in.
        notes: Remembers the upload.
        key: From :meth:`UploadNotes.key`.
        path: The file.
        fields: What the content is to be.
        show: Told how many bytes are through.

    Raises:
        CliError: The server refused the file, or a person stopped the sending.
        ApiError: The server refused to take it at all.
        ServerUnreachable: Nothing gets through any more.
    """
    size = path.stat().st_size
    reached = 0

    def progress(bytes_through: int) -> None:
        nonlocal reached
        reached = bytes_through
        show(bytes_through)

    try:
        upload_id = notes.find(key)
        state = sender.standing(upload_id) if upload_id else None
        if upload_id is None or state is None or state["state"] == "refused":
            upload_id = sender.begin(size, fields)
            notes.keep(key, upload_id)
            state = sender.standing(upload_id)
        with path.open("rb") as file:
            state = _sent(sender, upload_id, file, state, progress)
    except KeyboardInterrupt:
        raise CliError(
            f"Stopped at about {reached:,} of {size:,} bytes; what arrived is kept for 24 hours.",
            hint="Run the same command again to go on from there.",
            exit_code=ExitCode.INTERRUPTED,
            code="INTERRUPTED",
            details={"uploadId": notes.find(key), "received": reached, "size": size},
        ) from None
    notes.forget(key)
    if state["state"] == "refused":
        refusal = state["refusal"]
        raise CliError(refusal["message"], code=refusal["code"], details=refusal.get("details"))
    return str(state["contentId"])


def _sent(
    sender: Sender,
    upload_id: str,
    file: BinaryIO,
    state: dict[str, Any] | None,
    progress: Callable[[int], None],
) -> dict[str, Any]:
    failures, pauses, patience = 0, _pauses(), CHECK_PATIENCE
    while state is not None and state["state"] not in {"done", "refused"}:
        received, size = state["received"], state["size"]
        progress(received)
        if state["state"] == "checking" or state["busy"]:
            # Or the server has not noticed yet that an earlier connection is gone.
            sender.sleep(CHECK_STEP)
            patience -= CHECK_STEP if state["state"] == "checking" else 0
            if patience <= 0:
                raise CliError(
                    f"The whole file arrived, but {sender.server} still checks it after "
                    f"{CHECK_PATIENCE / 60:g} minutes.",
                    hint="Run the same command again later: it waits on. Or look at `mpcas2 doctor`.",
                    code="UPLOAD_CHECKING",
                    details={"uploadId": upload_id},
                )
        else:
            try:
                sender.send(upload_id, file, received, size, _counter(received, progress))
            except (httpx.TransportError, ApiError) as error:
                if isinstance(error, ApiError) and error.status not in _PASSING:
                    ended = sender.standing(upload_id)
                    if ended is not None and ended["state"] == "refused":
                        return ended
                    raise
                failures += 1
                if failures >= MOST_FAILURES:
                    raise ServerUnreachable(
                        f"The connection to {sender.server} breaks again and again "
                        f"({type(error).__name__}: {error}). What was sent is kept for 24 hours: run "
                        "the same command again to go on."
                    ) from error
                sender.sleep(pauses[min(failures, len(pauses)) - 1])
        state = sender.standing(upload_id)
        if state is not None and state["received"] > received:
            failures = 0
    if state is None:
        raise CliError(
            "The upload was ended by somebody else.",
            hint="Run the same command again to begin anew.",
            exit_code=ExitCode.NOT_FOUND,
            code="UPLOAD_NOT_FOUND",
        )
    return state


@contextmanager
def shown_progress(name: str, size: int, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """Shows how far a file is: a bar for people, nothing where nobody watches.

    Args:
        name: What to call it.
        size: Its bytes.
        quiet: Whether to show nothing at all.
    """
    screen = console(stderr=True)
    if quiet or not screen.is_terminal:
        yield lambda _bytes: None
        return
    from rich.progress import (  # noqa: PLC0415 - only for people who watch
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column  # noqa: PLC0415 - as above

    columns = (
        TextColumn(
            "{task.description}",
            markup=False,
            table_column=Column(max_width=24, no_wrap=True, overflow="ellipsis"),
        ),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        DownloadColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(clean(name), total=size)
        yield lambda through: bar.update(task, completed=through)


def _counter(start: int, progress: Callable[[int], None]) -> Callable[[int], None]:
    through = start

    def advance(count: int) -> None:
        nonlocal through
        through += count
        progress(through)

    return advance


def _pauses() -> tuple[float, ...]:
    # Two seconds are the server's own Retry-After for an upload that a lost connection still holds.
    return (0.3, 1.0, 2.0, 3.0, 5.0, LONGEST_PAUSE)


def _packed(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.b64encode(os.fsencode(text)).decode()
