"""Durable objects' storage: 256 shards, each one file with the logs of many small private databases."""
