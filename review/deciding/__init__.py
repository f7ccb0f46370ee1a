"""Decisions and their consequences."""
