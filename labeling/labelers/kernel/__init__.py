"""A classifier on embeddings: kernel ridge, the order in which people label, and how sure an answer is."""
