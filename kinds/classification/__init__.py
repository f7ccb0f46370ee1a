"""Classes of whole items: one or several."""
