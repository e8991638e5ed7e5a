"""The four steps by which events sink: flush, compact, archive, expire.

Each writes immutable files first, publishes the next manifest, and only then has the shard adopt it.
"""
