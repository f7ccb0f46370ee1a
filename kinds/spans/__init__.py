"""Spans of a text: overlapping, nested, typed, with attributes and relations."""
