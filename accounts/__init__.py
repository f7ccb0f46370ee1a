"""Users, sign-in, sessions, API tokens and the audit log."""
