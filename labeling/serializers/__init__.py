"""Serializers of the labeling API. They check types; flows check the meaning."""
