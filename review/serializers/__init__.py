"""Serializers of the review API."""
