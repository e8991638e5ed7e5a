"""The runtimes that host databases. Today one: in process."""
