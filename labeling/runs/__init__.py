"""Runs: planning, batches, calls of labelers, saving."""
