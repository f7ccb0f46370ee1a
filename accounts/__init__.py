"""Who one is: people, sessions, tokens, the audit log."""
