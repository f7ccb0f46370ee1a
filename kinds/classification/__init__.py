"""Classes of a whole item: one, or several."""
