"""Durable objects: identity from a name, private storage, one message at a time, alarms, an output gate."""
