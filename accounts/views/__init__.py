"""Sign-in and profile pages."""
