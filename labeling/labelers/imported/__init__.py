"""Predictions that came with a file."""
