"""Which words of a question may stand for what of a catalog: tables, columns and values, each with a score."""
