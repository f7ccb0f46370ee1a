"""Serializers of datasets, items and members."""
