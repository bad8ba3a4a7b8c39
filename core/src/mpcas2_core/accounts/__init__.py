"""Connected accounts of social networks, and the broker that alone handles their tokens."""

from mpcas2_core.accounts.apps import AppShown, OAuthApps
from mpcas2_core.accounts.broker import Access, ReconnectNeeded, TokenBroker
from mpcas2_core.accounts.connecting import Connecting
from mpcas2_core.accounts.flows import FlowStarted, FlowView
from mpcas2_core.accounts.oauth_state import OAuthState
from mpcas2_core.accounts.service import Accounts, Disconnected
from mpcas2_core.accounts.store import AccountRow, LatePolicy

__all__ = (
    "Access",
    "AccountRow",
    "Accounts",
    "AppShown",
    "Connecting",
    "Disconnected",
    "FlowStarted",
    "FlowView",
    "LatePolicy",
    "OAuthApps",
    "OAuthState",
    "ReconnectNeeded",
    "TokenBroker",
)
