"""The source of truth: a relational database, SQLite or PostgreSQL."""
