"""What every page and every answer goes through, whoever asks."""
