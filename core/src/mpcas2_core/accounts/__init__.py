"""Connected accounts of social networks, and the broker that alone handles their tokens."""

from mpcas2_core.accounts.broker import Access, ReconnectNeeded, TokenBroker
from mpcas2_core.accounts.service import Accounts, Disconnected
from mpcas2_core.accounts.store import AccountRow, LatePolicy

__all__ = (
    "Access",
    "AccountRow",
    "Accounts",
    "Disconnected",
    "LatePolicy",
    "ReconnectNeeded",
    "TokenBroker",
)
