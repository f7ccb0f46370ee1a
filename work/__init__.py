"""Background jobs as rows: leases, heartbeats, the doorbell."""
