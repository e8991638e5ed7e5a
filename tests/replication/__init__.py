"""Durability `replicated`: what is acknowledged outlives the disk of the one who wrote it."""
