"""Settings: `base` is the product, `testing` is what the test suite changes."""
