"""Backups: the database and the home's files in one archive, and restoring it into an empty database."""

from operating.backups.making import Made, make_backup
from operating.backups.restoring import Restored, restore_backup

__all__ = ["Made", "Restored", "make_backup", "restore_backup"]
