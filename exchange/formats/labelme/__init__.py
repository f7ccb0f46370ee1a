"""LabelMe: a JSON file beside each image."""
