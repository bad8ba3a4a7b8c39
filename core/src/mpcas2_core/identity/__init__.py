"""Who is there: sign-up, sign-in, access tokens, refresh tokens that rotate, and users."""

from mpcas2_core.identity.passwords import check_password
from mpcas2_core.identity.principal import ROLES, Principal, Role, Session, UserRow
from mpcas2_core.identity.replays import Replay
from mpcas2_core.identity.service import Identity
from mpcas2_core.identity.tokens import AccessClaims

__all__ = (
    "ROLES",
    "AccessClaims",
    "Identity",
    "Principal",
    "Replay",
    "Role",
    "Session",
    "UserRow",
    "check_password",
)
