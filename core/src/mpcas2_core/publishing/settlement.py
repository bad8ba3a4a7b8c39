"""How an attempt ended, in the form in which it is stored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from mpcas2_core.masking import mask
from mpcas2_hookspecs import Published

__all__ = ("Settlement", "storable")

MAX_TEXT = 2_000
LONGEST_PAUSE = 86_400.0


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """How an attempt ended, and what part, job and due index become.

    Attributes:
        outcome: For the ledger.
        message: For people; None when there is nothing to say.
        code: The network's code.
        answer: What the network said; masked before it is stored.
        part_state: New state of the part.
        keeps_staged: Whether a repeat must send the very same; otherwise it stages anew.
        handle: For ``poll``.
        post: The published post.
        warnings: What is public, but not as wished; sentences for people.
        is_public: Whether the whole post is public now, its first comment apart.
        awaits: What a webhook of the network will call the accepted post; empty when none will come.
        forgets_journal: Whether the handles that were stored for the part are of no use any more.
        job_state: New state of the job; None leaves it.
        needs_attention: Whether a person has to do something.
        failures: New count of passing faults in a row.
        error_code: For people and programs, on the job.
        next_after: Seconds until the job is looked at again; None with ``continues`` False takes it
            out of the due index.
        continues: True keeps the lease: this worker goes on with the job at once.
    """

    outcome: str
    part_state: str
    message: str | None = None
    code: str | None = None
    answer: dict[str, Any] | None = None
    keeps_staged: bool = False
    handle: dict[str, Any] | None = None
    post: Published | None = None
    warnings: tuple[str, ...] = ()
    is_public: bool = False
    awaits: str = ""
    forgets_journal: bool = False
    job_state: str | None = None
    needs_attention: bool = False
    failures: int = 0
    error_code: str | None = None
    next_after: float | None = None
    continues: bool = False


def storable(result: Settlement) -> Settlement:
    """Gives a settlement that PostgreSQL certainly takes, without secrets in what the network said.

    A network may answer anything: NUL and half a surrogate pair, which ``jsonb`` refuses, numbers
    that are none, and a time to wait beyond all calendars. An outcome must not be lost to that.
    """
    post = result.post
    pause = result.next_after
    return msgspec.structs.replace(
        result,
        message=None if result.message is None else _text(mask(result.message)),
        code=None if result.code is None else _text(result.code),
        answer=None if result.answer is None else _plain(mask(result.answer)),
        handle=None if result.handle is None else _plain(result.handle, cut=False),
        warnings=tuple(_text(mask(one)) for one in result.warnings),
        awaits=_text(result.awaits),
        post=None
        if post is None
        else Published(
            id=_clean(post.id),
            url=None if post.url is None else _clean(post.url),
            data=_plain(post.data, cut=False),
        ),
        # Written so that "not a number" ends up at the border, too.
        next_after=None
        if pause is None
        else (max(0.0, pause) if pause < LONGEST_PAUSE else LONGEST_PAUSE),
    )


def _plain(value: Any, *, cut: bool = True) -> Any:
    if isinstance(value, Mapping):
        return {_clean(str(key)): _plain(entry, cut=cut) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry, cut=cut) for entry in value]
    if isinstance(value, str):
        return _text(value) if cut else _clean(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _text(value: str) -> str:
    return _clean(value[:MAX_TEXT])


def _clean(value: str) -> str:
    return value.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")
