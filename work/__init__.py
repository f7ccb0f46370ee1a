"""Rows of work: what every background job is made of."""
