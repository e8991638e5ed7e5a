"""The hot tier: one SQLite log per database."""
