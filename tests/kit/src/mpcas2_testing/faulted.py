"""Runs an adapter into a fault and looks at the error that comes out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mpcas2_hookspecs import PlatformError, RateLimited
from mpcas2_testing.bench import Bench
from mpcas2_testing.desk import Desk
from mpcas2_testing.faults import Fault
from mpcas2_testing.secrecy import error_text, secrets_in

__all__ = ("check_error", "error_of")


def error_of(call: Callable[[Any], object], value: Any) -> PlatformError:
    """Gives the error of the tree that a call raises.

    Raises:
        AssertionError: It raised none, or one that is not of the tree.
    """
    try:
        result = call(value)
    except PlatformError as error:
        return error
    except Exception as error:
        raise AssertionError(
            f"{type(error).__name__} escaped, which is not of the error tree: {error}"
        ) from error
    raise AssertionError(f"no error was raised; the answer was {result!r}")


def check_error(error: PlatformError, fault: Fault, bench: Bench, desk: Desk) -> None:
    """Wants the right kind of error, with words for a person and without a secret."""
    wanted = " or ".join(kind.__name__ for kind in fault.expects)
    assert type(error) in fault.expects, f"{fault.name} must be {wanted}, it came as {error!r}"
    if isinstance(error, RateLimited) and fault.retry_after is not None:
        assert error.retry_after == fault.retry_after, (
            f"the network said {fault.retry_after:g} s, the error carries {error.retry_after}"
        )
    assert not secrets_in(error_text(error), bench, desk.connection.grant), (
        "a secret shows in the error"
    )
    assert error.message.strip(), "an error needs words for a person"
