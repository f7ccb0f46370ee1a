"""Labelers: creating, changing, testing, training."""
