"""Changes of many items at once: preview, background work, undo."""
