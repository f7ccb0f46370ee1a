"""Questions about the tables, as chainable queryset methods that read as English."""
