"""Review by people: the queue, decisions, bulk actions. May import `labeling`, never the reverse."""
