"""Statements that are built once and asked often."""
