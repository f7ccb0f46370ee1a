"""CVAT for images 1.1: one XML of all images."""
