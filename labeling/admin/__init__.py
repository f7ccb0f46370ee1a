"""Django admin of labeling."""
