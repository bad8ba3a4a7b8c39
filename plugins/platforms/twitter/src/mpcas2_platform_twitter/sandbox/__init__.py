"""A practice network that plays X (Twitter) on this machine.

It is written from X's OpenAPI description and documentation, not from the adapter beside it, so that
a misunderstanding on one side shows as a refusal on the other.
"""

from mpcas2_sandbox import Network


def network() -> Network:
    """Returns the practice network; the entry point group ``mpcas2.sandboxes`` names it."""
    from mpcas2_platform_twitter.sandbox.practice_x import (  # noqa: PLC0415  # needs the [sandbox] extra
        PracticeX,
    )

    return PracticeX()
