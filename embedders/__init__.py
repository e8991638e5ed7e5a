"""Text to vectors: one protocol, several models."""
