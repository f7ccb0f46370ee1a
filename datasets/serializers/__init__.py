"""The shapes of the API of datasets."""
