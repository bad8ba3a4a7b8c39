"""What the demonstration posts: eight posts on three networks."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ("BLUESKY", "NETWORKS", "SCHEDULE_SECONDS", "YOUTUBE", "Plan", "PlanPart", "X", "plans")

X, BLUESKY, YOUTUBE = "twitter", "bluesky", "youtube"
NETWORKS = (X, BLUESKY, YOUTUBE)
SCHEDULE_SECONDS = 6


class PlanPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a post to be.

    Attributes:
        text: Its text, as it has to stand on the network.
        file: Which of the demonstration's files it carries; empty for none.
        alt: Alternative text of the file.
    """

    text: str
    file: str = ""
    alt: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One post to be.

    Attributes:
        network: Key of the network that it goes to.
        title: What to call it beside the network's name, in one word.
        parts: Its parts; a thread has several.
        headline: Its title, on a network that has titles.
        thumbnail: Which of the files stands for it; empty for none.
        wait: Seconds until it is due; 0 for at once.
        marks: What has to be marked in its first part: ``link``, ``mention``, ``tag``.
    """

    network: str
    title: str
    parts: tuple[PlanPart, ...]
    headline: str = ""
    thumbnail: str = ""
    wait: int = 0
    marks: frozenset[str] = frozenset()

    def wishes(self, content: dict[str, str]) -> dict[str, Any]:
        """Gives the post as the API takes it, less its content, account and time.

        Args:
            content: Ids of what was uploaded, by the name of the file.
        """
        first, *later = self.parts
        wishes: dict[str, Any] = {"text": first.text}
        if first.alt:
            wishes["altText"] = first.alt
        if self.headline:
            wishes["title"] = self.headline
        if self.thumbnail:
            wishes["thumbnail"] = content[self.thumbnail]
        if later:
            wishes["thread"] = [
                {
                    "text": part.text,
                    "media": [{"contentId": content[part.file], "altText": part.alt}]
                    if part.file
                    else [],
                }
                for part in later
            ]
        return wishes


def plans(mentioned: str) -> dict[str, Plan]:
    """Gives the posts by their keys, in the order in which they are shown.

    Args:
        mentioned: Handle of somebody on the practice Bluesky.
    """
    alt = "White letters MPCAS2, the number {} and today's date on a gradient of blue to turquoise."
    film_alt = "A white disc wanders over a moving pattern in blue and turquoise."
    return {
        "x-text": Plan(
            network=X,
            title="text",
            parts=(PlanPart(text="X said: too many requests. So this one waited. #mpcas2"),),
        ),
        "x-thread": Plan(
            network=X,
            title="thread",
            parts=(
                PlanPart(
                    text="A thread goes out part by part, each with its picture.",
                    file="picture-1.jpg",
                    alt=alt.format(1),
                ),
                PlanPart(
                    text="X took this part, and its answer never arrived.",
                    file="picture-2.jpg",
                    alt=alt.format(2),
                ),
                PlanPart(
                    text="So X was asked before this one followed.",
                    file="picture-3.jpg",
                    alt=alt.format(3),
                ),
            ),
        ),
        "x-video": Plan(
            network=X,
            title="video",
            parts=(
                PlanPart(text="A film that X took its time with.", file="film.mp4", alt=film_alt),
            ),
        ),
        "bluesky-picture": Plan(
            network=BLUESKY,
            title="picture",
            parts=(
                PlanPart(
                    text="Hello from MPCAS2, with a picture that was drawn a moment ago. "
                    f"For @{mentioned}, see https://example.org/mpcas2 #mpcas2",
                    file="picture-1.jpg",
                    alt=alt.format(1),
                ),
            ),
            marks=frozenset({"link", "mention", "tag"}),
        ),
        "bluesky-thread": Plan(
            network=BLUESKY,
            title="thread",
            parts=(
                PlanPart(text="A thread goes out part by part. This is the first."),
                PlanPart(text="The second answers the first; Bluesky made it wait."),
                PlanPart(text="And the third closes the thread."),
            ),
        ),
        "bluesky-text": Plan(
            network=BLUESKY,
            title="text",
            parts=(PlanPart(text="The worker that sent this one died on the way."),),
        ),
        "youtube-video": Plan(
            network=YOUTUBE,
            title="video",
            headline="A film whose upload broke off",
            thumbnail="picture-2.jpg",
            parts=(PlanPart(text="It went on from the byte where it was.", file="film.mp4"),),
        ),
        "youtube-scheduled": Plan(
            network=YOUTUBE,
            title="scheduled",
            headline="A film that waited for its time",
            thumbnail="picture-3.jpg",
            parts=(PlanPart(text="Planned, and out on the second.", file="film.mp4"),),
            wait=SCHEDULE_SECONDS,
        ),
    }
