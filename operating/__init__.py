"""The running product."""
