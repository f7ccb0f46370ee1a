"""One JSON document: a list of objects."""
