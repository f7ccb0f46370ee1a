"""Rules with keywords and patterns."""
