"""The review queue and its claims."""
