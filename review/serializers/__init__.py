"""The shapes of the review API."""
