"""Calls to other servers: judged addresses, limits of time and size, hanging up."""
