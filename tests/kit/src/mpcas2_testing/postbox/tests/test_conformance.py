"""Holds the adapter to the contract, against the practice network beside it."""

from mpcas2_testing import PlatformSuite


class TestPostbox(PlatformSuite):
    """The whole suite; `python -m mpcas2_testing check postbox` gives the same as a report."""

    practice = "postbox"
