"""Django admin of people."""
