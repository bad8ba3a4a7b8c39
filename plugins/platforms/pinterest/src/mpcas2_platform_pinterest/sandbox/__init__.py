"""A server that plays Pinterest's login, API v5, its upload host and public pages on this machine.

It is written from Pinterest's API description and documentation, not from the adapter beside it, so
that a misunderstanding on one side shows as a refusal on the other.
"""

from mpcas2_sandbox import Network


def network() -> Network:
    """Returns the practice network; the entry point group ``mpcas2.sandboxes`` names it."""
    from mpcas2_platform_pinterest.sandbox.practice_pinterest import (  # noqa: PLC0415  # needs the [sandbox] extra
        PracticePinterest,
    )

    return PracticePinterest()
