"""Second factors: having them, changing them, asking for them."""
