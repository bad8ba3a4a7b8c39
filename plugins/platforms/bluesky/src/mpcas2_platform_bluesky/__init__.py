"""Publishes to Bluesky and any other AT Protocol server."""
