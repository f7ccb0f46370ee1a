"""Django admin of review."""
