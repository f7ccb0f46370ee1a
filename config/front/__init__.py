"""What stands between granian and Django's threads: no thread waits for a body that is slow to come."""
