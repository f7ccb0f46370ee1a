"""Datasets, their items, classes, members and settings."""
