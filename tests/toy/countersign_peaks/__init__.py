"""Peaks in series of numbers."""
