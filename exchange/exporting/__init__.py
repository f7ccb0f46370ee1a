"""Exporting: final labels become a file, streamed from one snapshot, with its counts and its hash."""

from exchange.exporting.jobs import export_path, formats_for, start_export, work_one_export

__all__ = ["export_path", "formats_for", "start_export", "work_one_export"]
