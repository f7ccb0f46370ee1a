"""Regions of an image: boxes, rotated boxes and polygons with holes."""
