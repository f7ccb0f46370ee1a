"""The API of datasets, items and members."""
