"""The REST API of review."""
