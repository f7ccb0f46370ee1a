"""Operation: health, metrics, backups, verification, workers."""
