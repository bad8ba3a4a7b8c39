"""A practice network that plays LinkedIn on this machine.

It is written from LinkedIn's documentation and from what working clients do, as the contract files in
``tests/contract`` have it, and not from the adapter beside it, so that a misunderstanding on one side
shows as a refusal on the other.
"""

from mpcas2_sandbox import Network


def network() -> Network:
    """Returns the practice network; the entry point group ``mpcas2.sandboxes`` names it."""
    from mpcas2_platform_linkedin.sandbox.practice_linkedin import (  # noqa: PLC0415  # needs the [sandbox] extra
        PracticeLinkedIn,
    )

    return PracticeLinkedIn()
