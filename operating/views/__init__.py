"""Pages and probes of the running product."""
