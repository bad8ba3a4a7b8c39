"""A practice network that plays Postbox on this machine.

It is written from Postbox's description of its API, not from the adapter beside it, so that a
misunderstanding on one side shows as a refusal on the other. Neither imports the other.
"""

from mpcas2_sandbox import Network


def network() -> Network:
    """Returns the practice network; the entry point group ``mpcas2.sandboxes`` names it."""
    from .practice_postbox import PracticePostbox  # needs the [sandbox] extra

    return PracticePostbox()
