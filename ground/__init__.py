"""Infrastructure without tables, shared by all apps: errors, SQL statements, network calls, log lines."""
