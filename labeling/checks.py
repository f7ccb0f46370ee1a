"""System checks of the settings."""
