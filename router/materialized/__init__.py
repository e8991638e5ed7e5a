"""Materialised views: what of a view is kept in a hidden table, and how a statement reads it."""
