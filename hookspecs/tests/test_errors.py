"""The errors form one tree and keep what they were told."""

from __future__ import annotations

import pytest

import mpcas2_hookspecs
from mpcas2_hookspecs import (
    NotReady,
    OutcomeUnknown,
    PlatformError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
)

LEAVES = [Unauthorized, RateLimited, NotReady, Unavailable, Rejected, OutcomeUnknown]


@pytest.mark.parametrize("error", LEAVES)
def test_every_error_hangs_directly_on_the_root(error: type[PlatformError]) -> None:
    assert error.__bases__ == (PlatformError,)


def test_the_tree_has_no_other_leaves() -> None:
    public = (getattr(mpcas2_hookspecs, name) for name in mpcas2_hookspecs.__all__)
    errors = [one for one in public if isinstance(one, type) and issubclass(one, PlatformError)]
    assert set(errors) == {PlatformError, *LEAVES}


@pytest.mark.parametrize("error", [PlatformError, *LEAVES])
def test_an_error_keeps_message_code_and_a_copy_of_the_answer(error: type[PlatformError]) -> None:
    answer = {"error": "ExpiredToken"}
    raised = error("Connect again.", code="ExpiredToken", answer=answer)
    answer.clear()
    assert str(raised) == raised.message == "Connect again."
    assert raised.code == "ExpiredToken"
    assert raised.answer == {"error": "ExpiredToken"}


def test_an_error_needs_a_message_only() -> None:
    assert PlatformError("No.").code is None
    assert PlatformError("No.").answer == {}
    assert Unauthorized("No.").revoked is False
    assert RateLimited("Later.").retry_after is None


def test_special_errors_keep_what_the_engine_acts_on() -> None:
    assert Unauthorized("Gone.", revoked=True).revoked
    assert RateLimited("Later.", retry_after=12.5).retry_after == 12.5
