"""What the demonstration posts, and how each post is typed at the command line."""

from __future__ import annotations

from pathlib import Path

import msgspec

__all__ = ("HANDLE", "SCHEDULE_SECONDS", "Plan", "plans")

HANDLE = "alice.test"
SCHEDULE_SECONDS = 8
_ALT = "White letters MPCAS2 and today's date on a gradient from dark blue to turquoise."


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One post to be.

    Attributes:
        title: What the post shows, in two or three words.
        arguments: What stands after ``mpcas2 publish``.
        shown: The same, short enough for one line.
        texts: The text of each part, as it has to stand on the network.
        alt: Alternative text of its picture.
        facets: What has to be marked in its first part: ``link``, ``mention``, ``tag``.
    """

    title: str
    arguments: tuple[str, ...]
    shown: str
    texts: tuple[str, ...]
    alt: str | None = None
    facets: frozenset[str] = frozenset()


def plans(picture: Path) -> dict[str, Plan]:
    """Gives the posts by their keys: picture, thread, scheduled, lost, killed.

    Args:
        picture: The picture's file.
    """
    hello = (
        "Hello from MPCAS2, with a picture that was drawn a moment ago. "
        "For @bob.test, see https://example.org/mpcas2 #mpcas2"
    )
    thread = (
        "A thread goes out part by part. This is the first.",
        "The second answers the first; it knows the id the network gave.",
        "And the third closes the thread.",
    )
    return {
        "picture": Plan(
            title="With a picture",
            arguments=(str(picture), "--text", hello, "--alt", _ALT),
            shown=f'mpcas2 publish {picture.name} --text "Hello …" --alt "White letters …"',
            texts=(hello,),
            alt=_ALT,
            facets=frozenset({"link", "mention", "tag"}),
        ),
        "thread": Plan(
            title="A thread of three",
            arguments=("--text", thread[0], "--thread", thread[1], "--thread", thread[2]),
            shown='mpcas2 publish --text "A thread …" --thread "The second …" --thread "And …"',
            texts=thread,
        ),
        "scheduled": _text_post(
            "On schedule", "This one waited for its time.", "--at", f"in {SCHEDULE_SECONDS} s"
        ),
        "lost": _text_post("Answer lost", "The network took this one; its answer never arrived."),
        "killed": _text_post("Worker killed", "The worker that sent this one died on the way."),
    }


def _text_post(title: str, text: str, *more: str) -> Plan:
    shown = f'mpcas2 publish --text "{text}"'
    if more:
        shown = f'{shown} {more[0]} "{more[1]}"'
    return Plan(title=title, arguments=("--text", text, *more), shown=shown, texts=(text,))
