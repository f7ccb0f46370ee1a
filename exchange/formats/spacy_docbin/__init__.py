"""spaCy DocBin: documents with their entities."""
