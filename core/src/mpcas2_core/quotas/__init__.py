"""What networks let an account or an app do in a while: counted, seen in answers, and planned for."""

from mpcas2_core.quotas.meter import Meter
from mpcas2_core.quotas.plans import PlannedPost, QuotaWarning, warnings_for
from mpcas2_core.quotas.windows import Subject

__all__ = ("Meter", "PlannedPost", "QuotaWarning", "Subject", "warnings_for")
