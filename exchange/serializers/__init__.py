"""The shapes of imports and exports."""
