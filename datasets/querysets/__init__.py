"""Querysets."""
