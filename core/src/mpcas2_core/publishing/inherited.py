"""What one version of a plugin left for the next: handles that another version may not understand.

The contract leaves the shape of journal, staged value and handle to the adapter, so a new version may
stumble over an old one's. Before the mark that costs an upload: the handles are forgotten and ``stage``
begins anew. After the mark nothing is forgotten and nothing is sent: the job waits for a person, and the
version before, which is one command away, can still tell.
"""

from __future__ import annotations

from mpcas2_core.publishing.answers import unconfirmed
from mpcas2_core.publishing.ledger import Work
from mpcas2_core.publishing.settlement import Settlement
from mpcas2_hookspecs import PlatformError

__all__ = ("begun_anew", "unreadable")


def begun_anew(work: Work, version: str, error: Exception) -> Settlement | None:
    """Forgets what another version journalled, if ``stage`` stumbled over it.

    Args:
        work: The attempt.
        version: The plugin's version now.
        error: What ``stage`` raised.

    Returns:
        The settlement after which the same worker stages anew; None for any other fault.
    """
    if not work.part.journal or not _stumbled(work, version, error):
        return None
    return Settlement(
        outcome="restaged",
        message=f"Version {version} of the plugin cannot use what version "
        f"{work.part.plugin_version} had prepared ({type(error).__name__}). It is prepared anew; "
        "nothing was posted.",
        part_state="pending",
        forgets_journal=True,
        failures=work.failures,
        continues=True,
    )


def unreadable(work: Work, version: str, error: Exception) -> Settlement | None:
    """Turns to a person if ``find`` or ``poll`` stumbled over what another version left.

    Args:
        work: The attempt.
        version: The plugin's version now.
        error: What the adapter raised.

    Returns:
        The settlement; None for any other fault.
    """
    if work.kind == "publish" or not _stumbled(work, version, error):
        return None
    return unconfirmed(
        f"Version {work.part.plugin_version} of the plugin sent this post, and version {version} "
        f"cannot read what it left ({type(error).__name__}), so whether the post is there could not "
        "be found out. Go back with `mpcas2 plugin rollback` and use `retry`, or use `confirm` or "
        "`repost` if you know.",
        outcome="unreadable",
        handle=work.part.handle,
    )


def _stumbled(work: Work, version: str, error: Exception) -> bool:
    # An adapter that understood its own handles says what is wrong in the contract's words.
    former = work.part.plugin_version
    stranger = not isinstance(error, PlatformError | OSError | TimeoutError)
    return former is not None and former != version and stranger
