"""Changes of many items at once: previewed, begun, worked through in the background, undone."""
