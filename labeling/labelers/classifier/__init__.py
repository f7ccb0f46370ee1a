"""Trained classifiers of texts and images: features, learning, calibration, and the model's file."""
