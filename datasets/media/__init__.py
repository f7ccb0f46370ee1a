"""Files of items: validating, storing and serving images."""
