"""The lakehouse's own durable objects: one class, one file."""
