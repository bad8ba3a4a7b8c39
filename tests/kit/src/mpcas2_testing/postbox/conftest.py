"""Keeps pytest from collecting the template's own test here, where no such package is installed."""

collect_ignore = ["tests"]
