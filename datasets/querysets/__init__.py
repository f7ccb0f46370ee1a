"""Questions about the tables."""
