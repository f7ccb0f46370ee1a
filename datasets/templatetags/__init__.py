"""What templates ask of datasets."""
