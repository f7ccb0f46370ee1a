"""The routing rule: changed, applied to what labelers said, and checked."""
