"""Rules of keywords and patterns."""
