"""Classifiers for texts and images: features, training, calibration, model files."""
