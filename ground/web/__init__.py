"""Middleware and helpers for all pages and API responses."""
