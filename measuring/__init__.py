"""Quality figures and how they are estimated."""
