"""The shapes of the labeling API: what comes in is checked here for its type, in the flows for its meaning."""
