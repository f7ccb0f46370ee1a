"""The API of imports and exports."""
