"""From an English question to SQL: deterministic, without a language model and without a network."""
