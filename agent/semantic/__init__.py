"""The semantic model: what people call things, how they measure, and queries that somebody vouched for."""
