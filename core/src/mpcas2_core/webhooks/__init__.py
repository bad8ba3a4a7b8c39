"""What networks tell by themselves: taken, kept once, and given its effect."""

from mpcas2_core.webhooks.effects import WebhookEffects
from mpcas2_core.webhooks.intake import WebhookIntake, verify_variable

__all__ = ("WebhookEffects", "WebhookIntake", "verify_variable")
