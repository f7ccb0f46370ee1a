"""Second factors: setting them up, changing them, checking them."""
