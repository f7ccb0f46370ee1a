"""Django's PostgreSQL backend with a cheaper health check (`base`); settings name this package as the engine."""
