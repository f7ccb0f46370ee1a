"""COCO: one JSON of images, annotations and categories."""
