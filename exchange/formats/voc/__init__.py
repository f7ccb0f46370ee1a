"""Pascal VOC: an XML file beside each image."""
