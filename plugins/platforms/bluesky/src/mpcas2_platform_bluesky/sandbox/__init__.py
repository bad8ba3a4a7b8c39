"""A practice server of the AT Protocol that plays Bluesky on this machine.

It is written from the protocol's lexicons and documentation, not from the adapter beside it, so
that a misunderstanding on one side shows as a refusal on the other.
"""

from mpcas2_sandbox import Network


def network() -> Network:
    """Returns the practice network; the entry point group ``mpcas2.sandboxes`` names it."""
    from mpcas2_platform_bluesky.sandbox.pds import (  # noqa: PLC0415  # needs the [sandbox] extra
        PracticePds,
    )

    return PracticePds()
