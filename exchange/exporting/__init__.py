"""Exporting: final labels become a file, streamed from one snapshot, with its counts and its hash."""

from exchange.exporting.jobs import export_path, start_export, work_one_export

__all__ = ["export_path", "start_export", "work_one_export"]
