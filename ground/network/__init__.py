"""Calls to other servers: address checks, time and size limits, aborting."""
