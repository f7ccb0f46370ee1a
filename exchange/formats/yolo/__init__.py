"""YOLO: a file of boxes, polygons or rotated boxes beside each image."""
