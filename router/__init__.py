"""SQL text -> parse -> checks -> rules -> plan (pure) -> execute -> Arrow and a certificate."""
