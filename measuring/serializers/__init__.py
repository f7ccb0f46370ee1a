"""Serializers of figures."""
