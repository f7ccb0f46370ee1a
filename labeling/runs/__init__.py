"""Runs: planned, cut into batches, asked, saved."""
