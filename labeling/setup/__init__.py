"""Labelers: made, changed, tried, trained."""
