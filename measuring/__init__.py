"""How good it is, and how that is known."""
