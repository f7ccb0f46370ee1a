"""DOTA: a file of quadrilaterals beside each image."""
