"""States in a PostgreSQL database: heads and blobs are rows."""
