"""Pages about datasets, items and members."""
