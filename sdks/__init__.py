"""Ways to talk to a lake. They know `core` alone."""
