"""The policy: changing it, applying it to predictions, verifying it."""
