"""Signing in, and the sessions that come of it."""
