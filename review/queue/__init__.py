"""What waits for people, and who holds it."""
