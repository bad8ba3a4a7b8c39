"""Every way in which a network call can end badly, as one tree.

```
PlatformError
├── Unauthorized      the grant is refused; the engine refreshes it once, then asks the person to reconnect
├── RateLimited       nothing happened, and the network says (or we guess) when to come back
├── NotReady          the network is still preparing what was uploaded; the engine frees the worker and stages again
├── Unavailable       nothing happened, a passing fault; the engine tries again later
├── Rejected          the network said no for good, and a person can mend it: the message says how
└── OutcomeUnknown    the request may have been carried out; the engine asks ``find`` before it does anything else
```

An adapter raises nothing else. Whatever else escapes from ``publish`` counts as
:class:`OutcomeUnknown`, from any other method as :class:`Unavailable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = (
    "NotReady",
    "OutcomeUnknown",
    "PlatformError",
    "RateLimited",
    "Rejected",
    "Unauthorized",
    "Unavailable",
)


class PlatformError(Exception):
    """A network call ended without success.

    Args:
        message: One sentence for the person who owns the post. It never holds a secret.
        code: The network's own code for the fault, for example ``"ExpiredToken"``.
        answer: What the network said, as far as it helps to understand the fault. The engine masks
            secrets in it and stores it in the ledger; keep it under a few kilobytes.
    """

    def __init__(
        self, message: str, *, code: str | None = None, answer: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.answer = dict(answer or {})


class Unauthorized(PlatformError):
    """The network refused the grant; nothing happened.

    Args:
        message: One sentence for the person who owns the account.
        code: The network's own code.
        answer: What the network said.
        revoked: True when the network says that the grant is gone for good, so that a refresh
            cannot help. The engine then marks the account as expired at once.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        answer: Mapping[str, Any] | None = None,
        revoked: bool = False,
    ) -> None:
        super().__init__(message, code=code, answer=answer)
        self.revoked = revoked


class RateLimited(PlatformError):
    """The network asks to come back later; nothing happened.

    Args:
        message: One sentence for the person who owns the account.
        code: The network's own code.
        answer: What the network said.
        retry_after: Seconds to wait, as the network told; None when it told nothing.
        quota: :attr:`QuotaRule.name` of the quota that is used up; the engine then holds back
            everything else that would spend it. None when only this request was too much.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        answer: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
        quota: str | None = None,
    ) -> None:
        super().__init__(message, code=code, answer=answer)
        self.retry_after = retry_after
        self.quota = quota


class NotReady(PlatformError):
    """The network is still preparing what ``stage`` gave it; nothing is wrong. From ``stage`` only.

    The engine frees the worker and runs ``stage`` again, which finds its handles in the journal.

    Args:
        message: What the network is doing, for the person who waits.
        code: The network's own code.
        answer: What the network said.
        check_after: Seconds until ``stage`` should look again.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        answer: Mapping[str, Any] | None = None,
        check_after: float = 5.0,
    ) -> None:
        super().__init__(message, code=code, answer=answer)
        self.check_after = check_after


class Unavailable(PlatformError):
    """A passing fault in which certainly nothing happened: no connection, a 503 before the work."""


class Rejected(PlatformError):
    """The network refused for good. The message says what a person has to change."""


class OutcomeUnknown(PlatformError):
    """The request may have been carried out: an answer was lost, cut or unreadable."""
