"""doccano: one JSON object a line."""
