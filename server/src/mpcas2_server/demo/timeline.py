"""Tells a post's story for somebody who sees the product for the first time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

__all__ = ("Interference", "Line", "in_few_words", "last_line", "timeline")


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
    outcomes = [one.get("outcome", "") for one in job["attempts"]]
    words = []
    if "unreported" in outcomes:
        words.append("worker killed")
    elif "interrupted" in outcomes:
        words.append("worker killed before it sent")
    elif "unknown" in outcomes:
        words.append("answer lost")
    if "found" in outcomes:
        words.append("network asked: it was there")
    elif "absent" in outcomes:
        words.append("asked: not there, sent again")
    if words:
        return "; ".join(words)
    if len(job["parts"]) > 1:
        return f"{len(job['parts'])} parts, each answers the one before"
    wait = _moment(job, "scheduledAt") - _moment(job, "createdAt")
    if wait.total_seconds() > 1 and "publishedAt" in job:
        late = (_moment(job, "publishedAt") - _moment(job, "scheduledAt")).total_seconds()
        return f"waited for its time; out {late * 1000:.0f} ms after it"
    return "sent once" if outcomes == ["published"] else ", ".join(outcomes)


def _moment(job: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(job[name])


def _handed_in(job: dict[str, Any]) -> str:
    wait = (_moment(job, "scheduledAt") - _moment(job, "createdAt")).total_seconds()
    if wait > 1:
        return f"handed in, to go out in {wait:.0f} s"
    return "handed in"


def _worker(attempt: dict[str, Any]) -> str:
    # host-process-random: on one machine the process is what tells workers apart.
    return f"worker {attempt['worker'].rsplit('-', 2)[-2]}"


def _attempt(attempt: dict[str, Any]) -> Iterator[tuple[datetime, str, str]]:
    started = datetime.fromisoformat(attempt["startedAt"])
    if attempt["kind"] == "publish":
        yield started, f"{_worker(attempt)} prepares it", ""
    else:
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
    match attempt.get("outcome"):
        case "published":
            return "published; the network gave its address", "green"
        case "found":
            return "it is there: published, not sent twice", "green"
        case "absent":
            return "it is not there: the very same is sent again", "yellow"
        case "unknown":
            return "no answer: out or not? Not repeated blindly", "yellow"
        case "unreported":
            return "no word from the worker, its lease ends: out or not?", "yellow"
        case "interrupted":
            return "no word from the worker, its lease ends; nothing was sent", "yellow"
        case other:
            return f"{other}: {attempt.get('message', '')}".rstrip(": "), "red"
