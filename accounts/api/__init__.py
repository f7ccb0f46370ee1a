"""Who calls the API, and the shape of its errors."""
