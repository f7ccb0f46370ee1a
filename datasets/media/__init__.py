"""Files of items: images judged, kept and shown."""
