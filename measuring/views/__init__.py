"""Figures pages."""
