"""Import: from a file to items, streamed in constant memory, resumable and idempotent."""

from exchange.importing.beginning import confirm_import, create_import, file_path, formats_for, reader_of
from exchange.importing.folders import create_folder_import
from exchange.importing.jobs import close_runs_left, pause_import, resume_import, work_one_import
from exchange.importing.uploads import remove_abandoned

__all__ = [
    "close_runs_left",
    "confirm_import",
    "create_folder_import",
    "create_import",
    "file_path",
    "formats_for",
    "pause_import",
    "reader_of",
    "remove_abandoned",
    "resume_import",
    "work_one_import",
]
