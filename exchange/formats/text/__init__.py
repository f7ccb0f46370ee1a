"""Plain text: a line an item."""
