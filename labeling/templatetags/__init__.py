"""Template tags; loaded on every page."""
