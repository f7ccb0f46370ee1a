"""API authentication, and the format of its errors."""
