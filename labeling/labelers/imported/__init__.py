"""Imported predictions."""
