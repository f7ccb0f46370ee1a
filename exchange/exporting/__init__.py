"""Export: final labels streamed to a file from one snapshot, with counts and a hash."""

from exchange.exporting.jobs import export_path, formats_for, start_export, work_one_export

__all__ = ["export_path", "formats_for", "start_export", "work_one_export"]
