"""General English: tokens, word forms, and small closed tables of words. Nothing here knows a schema."""
