"""Tells a post's story for somebody who sees the product for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

__all__ = ("Interference", "Line", "in_few_words", "last_line", "timeline")

_OUTCOMES = {
    "published": ("published; the network gave its address", "green"),
    "found": ("it is there: published, not sent twice", "green"),
    "absent": ("it is not there: the very same is sent again", "yellow"),
    "unknown": ("no answer: out or not? Not repeated blindly", "yellow"),
    "unreported": ("no word from the worker, its lease ends: out or not?", "yellow"),
    "interrupted": ("no word from the worker, its lease ends; nothing was sent", "yellow"),
    "rate_limited": ('"too many requests": it waits, the worker is free', "yellow"),
    "accepted": ("the network has it whole and works on it", "cyan"),
    "still_deciding": ("the network works on it", "cyan"),
    "preparing": ("it works on the file; the worker is free", "cyan"),
    "unavailable": ("the line broke before anything was out: it goes on later", "yellow"),
}
# The network has the file and is not through with it: before the post, or after it.
_SLOW = frozenset({"preparing", "accepted"})
_HEALED = (
    ("unreported", "worker killed"),
    ("interrupted", "worker killed before it sent"),
    ("unknown", "answer lost"),
)
_ANSWERED = (
    ("found", "network asked: it was there"),
    ("absent", "asked: not there, sent again"),
)


class Interference(msgspec.Struct, frozen=True, kw_only=True):
    """What the demonstration did to a post from outside.

    Attributes:
        at: When.
        told: What, in a few words.
    """

    at: datetime
    told: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to a post.

    Attributes:
        seconds: After the post was handed in.
        told: What happened.
        style: Colour.
    """

    seconds: float
    told: str
    style: str = ""


def timeline(job: dict[str, Any], done_to_it: Sequence[Interference] = ()) -> list[Line]:
    """Puts what is known of a post into the order of time.

    Args:
        job: The job with its ledger, as the API gives it.
        done_to_it: What was done to it from outside.
    """
    began = datetime.fromisoformat(job["createdAt"])
    moments = [(began, _handed_in(job), "")]
    parts = len(job["parts"])
    # A short line for each part of a thread, a longer story for a single post.
    several = [_part(one, parts) for one in job["attempts"]] if parts > 1 else []
    single = [_attempt(one) for one in job["attempts"]] if parts == 1 else []
    for told in (*several, *single):
        moments.extend(told)
    moments.extend((one.at, one.told, "bold red") for one in done_to_it)
    moments.sort(key=lambda moment: moment[0])
    return [
        Line(seconds=max(0.0, (at - began).total_seconds()), told=told, style=style)
        for at, told, style in moments
    ]


def last_line(job: dict[str, Any], done_to_it: Sequence[Interference] = ()) -> str:
    """Says what happened to a post last."""
    return timeline(job, done_to_it)[-1].told


def in_few_words(job: dict[str, Any]) -> str:
    """Sums a post's story up."""
    if job["state"] != "published":
        return f"ended as {job['state']}"
    outcomes = {one.get("outcome", "") for one in job["attempts"]}
    words = [_planned(job)] if _wait(job) > 1 else []
    words += [told for outcome, told in _HEALED if outcome in outcomes][:1]
    words += [told for outcome, told in _ANSWERED if outcome in outcomes]
    if "rate_limited" in outcomes:
        words.append("429: waited, then sent")
    if "unavailable" in outcomes:
        words.append("line cut: went on where it was")
    if len(job["parts"]) > 1:
        words.append(f"{len(job['parts'])} parts in order")
    if outcomes & _SLOW:
        words.append(f"processed for {_processing(job):.0f} s")
    if words:
        return "; ".join(words)
    return "sent once" if outcomes == {"published"} else ", ".join(sorted(outcomes))


def _moment(job: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(job[name])


def _wait(job: dict[str, Any]) -> float:
    return (_moment(job, "scheduledAt") - _moment(job, "createdAt")).total_seconds()


def _planned(job: dict[str, Any]) -> str:
    late = _moment(job["attempts"][0], "startedAt") - _moment(job, "scheduledAt")
    return f"begun {late.total_seconds() * 1000:.0f} ms after its time"


def _processing(job: dict[str, Any]) -> float:
    taken = min(
        _moment(one, "finishedAt") for one in job["attempts"] if one.get("outcome") in _SLOW
    )
    return (_moment(job, "publishedAt") - taken).total_seconds()


def _handed_in(job: dict[str, Any]) -> str:
    wait = _wait(job)
    return f"handed in, to go out in {wait:.0f} s" if wait > 1 else "handed in"


def _worker(attempt: dict[str, Any]) -> str:
    # host-process-random: on one machine the process is what tells workers apart.
    return f"worker {attempt['worker'].rsplit('-', 2)[-2]}"


def _attempt(attempt: dict[str, Any]) -> Iterator[tuple[datetime, str, str]]:
    started = datetime.fromisoformat(attempt["startedAt"])
    if attempt["kind"] == "publish":
        yield started, f"{_worker(attempt)} prepares it", ""
    elif attempt["kind"] == "find":
        yield started, f"{_worker(attempt)} asks the network before anything else", "cyan"
    if "markedAt" in attempt:
        told = "writes the mark (from here on it may be out), then sends it"
        yield datetime.fromisoformat(attempt["markedAt"]), told, ""
    if "finishedAt" in attempt:
        yield datetime.fromisoformat(attempt["finishedAt"]), *_outcome(attempt)


def _part(attempt: dict[str, Any], parts: int) -> Iterator[tuple[datetime, str, str]]:
    name = f"part {attempt['part'] + 1} of {parts}"
    if "finishedAt" in attempt:
        told, style = _outcome(attempt)
        if attempt.get("outcome") == "published":
            told = "published"
        yield datetime.fromisoformat(attempt["finishedAt"]), f"{name}: {told}", style
    else:
        yield datetime.fromisoformat(attempt["startedAt"]), f"{name}: under way", ""


def _outcome(attempt: dict[str, Any]) -> tuple[str, str]:
    outcome = attempt.get("outcome", "")
    if attempt["kind"] == "poll" and outcome == "published":
        return "asked again: it is ready and public", "green"
    if outcome in _OUTCOMES:
        return _OUTCOMES[outcome]
    return f"{outcome}: {attempt.get('message', '')}".rstrip(": "), "red"
