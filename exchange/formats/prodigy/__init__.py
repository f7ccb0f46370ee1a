"""Prodigy: one JSON object a line."""
