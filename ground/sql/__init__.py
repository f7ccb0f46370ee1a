"""Prepared and compiled SQL statements, guards and snapshots."""
