"""The shapes of figures."""
