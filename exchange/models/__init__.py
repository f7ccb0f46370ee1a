"""The tables of `exchange`."""

from exchange.models.export import Export
from exchange.models.import_job import Import, ImportIssue

__all__ = [
    "Export",
    "Import",
    "ImportIssue",
]
