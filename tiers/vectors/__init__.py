"""Nearest vectors in each tier: an index beside what it is of, and exact distances to decide."""
